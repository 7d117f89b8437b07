package exports_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/exports"
	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/sessions"
	"purser/models"
)

const many = 100_000 // entries

// history gives Anna a wallet with many entries of other people's transfers, straight into the tables: how they came there does not matter.
func (r room) history(t *testing.T) models.Wallet {
	t.Helper()
	wallet, err := r.rooms.Wallets.Open(t.Context(), r.anna.ID, "Z", "Savings")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := r.db.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // after the commit there is nothing to undo
	for _, sql := range []string{
		`SET LOCAL session_replication_role = replica`,
		`INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id, to_account_id,
			amount, fee, fee_paid_by, memo, created_at, posted_at, completed_at)
			SELECT md5('t' || g)::uuid, 'ISSUE', 'COMPLETED', i.account_id, md5('t' || g)::uuid, '', 'Z', i.id, w.id, i.account_id, w.account_id, g, 0, 'SENDER', 'no ' || g, now(), now(), now()
			FROM generate_series(1, 1300) g, wallets i, wallets w WHERE i.kind = 'ISSUE' AND i.currency = 'Z' AND w.id = $1`,
		fmt.Sprintf(`INSERT INTO entries (wallet_id, version, transfer_id, amount, balance_after, posted_at, hash)
			SELECT $1, g, md5('e' || g)::uuid, g, g::bigint * (g + 1) / 2, now(), '\x00' FROM generate_series(1, %d) g`, many),
		fmt.Sprintf(`UPDATE wallets SET version = %d, balance = %d::bigint * (%d + 1) / 2 WHERE id = $1`, many, many, many),
		`INSERT INTO certificate_requests (id, account_id, level, status, reason, created_at, decided_at)
			SELECT md5('c' || g)::uuid, account_id, 'INITIAL', 'REJECTED', 'blurred', now(), now() FROM generate_series(1, 3) g, wallets WHERE id = $1`,
		`INSERT INTO security_events (id, account_id, kind, device_name, device_platform, network, request_id, occurred_at)
			SELECT md5('s' || g)::uuid, account_id, 'SIGNED_IN', 'Pixel', 'ANDROID', '', 'x', now() FROM generate_series(1, 1200) g, wallets WHERE id = $1`,
	} {
		var args []any
		if strings.Contains(sql, "$1") {
			args = []any{wallet.ID}
		}
		if _, err := tx.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return wallet
}

func TestAnArchiveHoldsAllThereIsAndItsEntriesAddUp(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	wallet := r.history(t)
	if _, err := r.rooms.Sessions.Open(t.Context(), r.anna, sessions.Device{Name: "Pixel 9", Platform: "ANDROID"}, true); err != nil {
		t.Fatal(err)
	}
	r.exec(t, `DELETE FROM messages`) // that tell of the device
	r.exec(t, `INSERT INTO refused_transfers (id, account_id, from_number, recipient, amount, code, refused_at) VALUES (gen_random_uuid(), $1, $2, 'x', 100, 'LIMIT_EXCEEDED', now())`,
		r.anna.ID, wallet.Number)
	r.exec(t, `INSERT INTO passkeys (id, account_id, credential_id, public_key, aaguid, transports, sign_count, backup_eligible, backed_up, name, created_at)
		VALUES (gen_random_uuid(), $1, 'c', '', gen_random_uuid(), '', 0, true, true, 'Pixel', now())`, r.anna.ID)
	r.exec(t, `INSERT INTO confirmation_policies (account_id, currency, without_code_upto) VALUES ($1, 'Z', 500)`, r.anna.ID)
	r.exec(t, `INSERT INTO blocks (account_id, blocked_id, created_at) SELECT $1, id, now() FROM accounts WHERE id <> $1 LIMIT 1`, r.anna.ID)
	r.remember(t)
	export, token := r.ready(t)
	files := r.fetch(t, token)

	type entry struct {
		WalletNumber, Amount, BalanceAfter string
		Sequence                           int64
	}
	var sum int64
	entries := read[[]entry](t, files, "entries.json")
	for i, e := range entries {
		minor, err := money.Parse(e.Amount, 2)
		if sum += minor; err != nil || e.Sequence != int64(i+1) || e.WalletNumber != wallet.Number || e.BalanceAfter != money.Format(sum, 2) {
			t.Fatalf("entry %d is %+v, %v", i, e, err)
		}
	}
	purses := read[[]struct{ Number, Balance string }](t, files, "wallets.json")
	if len(entries) != many || len(purses) != 1 || purses[0].Balance != money.Format(sum, 2) {
		t.Errorf("%d entries add up to %d, the wallets are %+v", len(entries), sum, purses)
	}
	if known := read[[]struct{ WMID, Name string }](t, files, "contacts.json"); known[0].Name != "The plumber" || known[0].WMID == r.anna.WMID {
		t.Errorf("contacts: %+v", known)
	}
	if told := read[struct{ Events []struct{ Event string } }](t, files, "notifications.json"); len(told.Events) != 6 {
		t.Errorf("notifications: %+v", told)
	}
	type transfer struct {
		Memo     string
		From, To struct{ WalletNumber, DisplayName string }
	}
	moved := map[string]bool{}
	for _, each := range read[[]transfer](t, files, "transfers.json") {
		moved[each.Memo] = each.To.WalletNumber == wallet.Number && each.To.DisplayName == "Anna Petrova"
	}
	if len(moved) != 1300 || !moved["no 1"] || !moved["no 1300"] {
		t.Errorf("%d transfers", len(moved))
	}
	p := read[struct{ WMID, Phone, Email, MiddleName, BirthDate, SecurityQuestion string }](t, files, "profile.json")
	if p.WMID != r.anna.WMID || p.Phone != phone || p.Email != email || p.MiddleName != "Sergeevna" || p.BirthDate != "1980-05-01" || p.SecurityQuestion != "First ship?" {
		t.Errorf("profile: %+v", p)
	}
	for name, want := range map[string]int{"sessions.json": 1, "security-log.json": 1200 + 3, "agreements.json": 2, "certificate-requests.json": 3,
		"refused-transfers.json": 1, "passkeys.json": 1, "confirmation-policies.json": 1, "blocked.json": 1, "contacts.json": 1} {
		if got := read[[]any](t, files, name); len(got) != want {
			t.Errorf("%s has %d lines, want %d", name, len(got), want)
		}
	}
	for name := range files {
		if name != "README.txt" && !bytes.Contains(files["README.txt"], []byte(name)) {
			t.Errorf("the README says nothing of %s", name)
		}
	}
	if !bytes.Contains(files["README.txt"], []byte("Ваши данные")) {
		t.Errorf("the README reads: %s", files["README.txt"])
	}
	if n := r.number(t, `SELECT count(*) FROM data_export_chunks WHERE export_id = $1`, export.ID); n < 2 {
		t.Errorf("it is kept in %d pieces", n)
	}
	if n := r.number(t, `SELECT max(length(sealed)) FROM data_export_chunks`); n > 300<<10 {
		t.Errorf("a piece has %d bytes", n)
	}
}

func TestRow08AnArchiveIsSealedAtRestAndItsTokenIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, token := r.ready(t)
	var sealed, mac []byte
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT c.sealed, e.token_mac FROM data_export_chunks c JOIN data_exports e ON e.id = c.export_id`).Scan(&sealed, &mac); err != nil {
		t.Fatal(err)
	}
	for _, clear := range []string{"PK\x03\x04", "README", "profile.json", phone} {
		if bytes.Contains(sealed, []byte(clear)) {
			t.Errorf("%q can be read", clear)
		}
	}
	if bytes.Contains(mac, []byte(token)) || len(mac) != 32 {
		t.Error("the token can be read")
	}
	for what, sql := range map[string]string{
		"changed":             `UPDATE data_export_chunks SET sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20))`,
		"put where it is not": `WITH moved AS (UPDATE data_exports SET attempt = attempt + 1) UPDATE data_export_chunks SET attempt = attempt + 1`,
	} {
		r.exec(t, sql)
		export, err := r.Find(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Copy(t.Context(), io.Discard, export); err == nil {
			t.Errorf("a piece that was %s is given out", what)
		}
		r.exec(t, `UPDATE data_export_chunks SET sealed = $1`, sealed)
	}
}

func TestOneArchiveAtATimeAndOneADay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.exec(t, `UPDATE accounts SET email_verified_at = NULL WHERE id = $1`, r.anna.ID)
	_, err := r.Request(t.Context(), r.anna.ID)
	wantFault(t, err, fault.StepOutOfOrder)
	r.exec(t, `UPDATE accounts SET email_verified_at = now() WHERE id = $1`, r.anna.ID)
	if last, err := r.Latest(t.Context(), r.anna.ID); err != nil || last != nil {
		t.Errorf("nothing was asked for: %+v, %v", last, err)
	}

	asked := make([]models.DataExport, 4)
	var running sync.WaitGroup
	for i := range asked {
		running.Go(func() {
			var err error
			if asked[i], err = r.Request(t.Context(), r.anna.ID); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	for _, each := range asked {
		if each.ID != asked[0].ID || each.Status != models.ExportQueued {
			t.Errorf("%+v beside %+v", each, asked[0])
		}
	}
	if n := r.number(t, `SELECT count(*) FROM river_job WHERE kind = 'data_export'`); n != 1 {
		t.Errorf("%d jobs", n)
	}
	if err := r.Build(t.Context(), asked[0].ID); err != nil {
		t.Fatal(err)
	}
	_, err = r.Request(t.Context(), r.anna.ID)
	wantFault(t, err, fault.RateLimited)
	r.clock.Advance(24 * time.Hour)
	if again, err := r.Request(t.Context(), r.anna.ID); err != nil || again.ID == asked[0].ID {
		t.Errorf("a day later: %v", err)
	}
}

func TestRow18ALinkWorksForTwoDaysAndThenNothingIsLeft(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	export, token := r.ready(t)
	if r.status(t) != models.ExportReady {
		t.Fatal(r.status(t))
	}
	for _, bad := range []string{"", "nonsense", token + "x", strings.Repeat("x", 10_000)} {
		_, err := r.Find(t.Context(), bad)
		wantFault(t, err, fault.CodeExpired)
	}
	r.clock.Advance(exports.TTL - time.Second)
	for range 2 { // a download that broke off may be tried again
		r.fetch(t, token)
	}
	if n := r.number(t, `SELECT count(*) FROM security_events WHERE kind = 'DATA_EXPORT_FETCHED' AND account_id = $1`, r.anna.ID); n != 2 {
		t.Errorf("logged %d times", n)
	}
	r.clock.Advance(time.Second)
	_, err := r.Find(t.Context(), token)
	wantFault(t, err, fault.CodeExpired)
	if r.status(t) != models.ExportExpired {
		t.Error(r.status(t))
	}
	for _, want := range []int{1, 0} {
		if ended, err := r.Sweep(t.Context()); err != nil || ended != want {
			t.Errorf("%d ended, %v", ended, err)
		}
	}
	if n := r.number(t, `SELECT count(*) FROM data_export_chunks WHERE export_id = $1`, export.ID); n != 0 || r.status(t) != models.ExportExpired {
		t.Errorf("%d pieces are left, %s", n, r.status(t))
	}
}

func TestTokensAreNotTriedWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, token := r.ready(t)
	var err error
	for range 31 {
		_, err = r.Find(t.Context(), "a guess")
	}
	wantFault(t, err, fault.RateLimited)
	_, err = r.Find(t.Context(), token)
	wantFault(t, err, fault.RateLimited)
}

func TestTwoServersMakeAnArchiveOnce(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	export, err := one.Request(t.Context(), one.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 3)
	var running sync.WaitGroup
	for i, server := range []room{one, roomOn(t, one.db, one.clock), roomOn(t, one.db, one.clock)} {
		running.Go(func() { errs[i] = server.Build(t.Context(), export.ID) })
	}
	running.Wait() // who came in the middle is told to come later, which is no failure
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		}
	}
	if made == 0 || one.status(t) != models.ExportReady {
		t.Fatalf("%s, %v", one.status(t), errs)
	}
	one.fetch(t, one.token(t)) // there is one letter
}

func TestAnArchiveThatBrokeOffIsMadeAnewWhole(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	export, err := r.Request(t.Context(), r.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	// A server died in the middle: it has it in hand for a minute, and has left a piece.
	r.exec(t, `UPDATE data_exports SET status = 'RUNNING', attempt = 1, claimed_until = $1`, r.db.Now().Add(time.Minute))
	r.exec(t, `INSERT INTO data_export_chunks (export_id, attempt, n, sealed) VALUES ($1, 1, 0, 'half')`, export.ID)
	if err := r.Build(t.Context(), export.ID); err == nil || r.status(t) != models.ExportRunning {
		t.Fatalf("it was taken from a server that works on it: %v, %s", err, r.status(t))
	}
	r.clock.Advance(time.Minute)
	if err := r.Build(t.Context(), export.ID); err != nil {
		t.Fatal(err)
	}
	if n := r.number(t, `SELECT count(*) FROM data_export_chunks WHERE attempt = 1`); n != 0 {
		t.Error("the half is there still")
	}
	r.fetch(t, r.token(t))
	if err := r.Build(t.Context(), export.ID); err != nil { // its job is run twice
		t.Fatal(err)
	}
	r.token(t)
}

func TestAnArchiveThatCannotBeMadeFailsAndMayBeAskedForAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	export, err := r.Request(t.Context(), r.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.exec(t, `ALTER TABLE data_export_chunks RENAME COLUMN sealed TO hidden`)
	var failures int
	for range 6 {
		if err := r.Build(t.Context(), export.ID); err != nil {
			failures++
		}
	}
	if failures != 5 || r.status(t) != models.ExportFailed {
		t.Fatalf("%d failures, %s", failures, r.status(t))
	}
	r.exec(t, `ALTER TABLE data_export_chunks RENAME COLUMN hidden TO sealed`)
	for i := range 3 {
		again, err := r.Request(t.Context(), r.anna.ID)
		if i == 2 {
			wantFault(t, err, fault.RateLimited)
			break
		}
		if err != nil || again.ID == export.ID {
			t.Fatal(err)
		}
		r.exec(t, `UPDATE data_exports SET status = 'FAILED' WHERE id = $1`, again.ID)
	}
}

func TestNoArchiveIsMadeOfAnAccountThatIsClosedMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	export, err := r.Request(t.Context(), r.anna.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.exec(t, `UPDATE accounts SET status = 'CLOSED', phone_sealed = NULL, phone_mac = NULL, email_sealed = NULL, email_mac = NULL, email_verified_at = NULL WHERE id = $1`, r.anna.ID)
	if err := r.Build(t.Context(), export.ID); err != nil || r.status(t) != models.ExportFailed {
		t.Errorf("%v, %s", err, r.status(t))
	}
	var rows int
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT 1 FROM data_export_chunks`).Scan(&rows); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("pieces were kept: %v", err)
	}
}
