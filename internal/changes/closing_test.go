package changes_test

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/ledger"
	"purser/internal/ledger/ledgertest"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

const grace = 48 * time.Hour

// closing is me, with an account that is being closed.
func (r room) closing(t *testing.T) me {
	t.Helper()
	m := r.me(t)
	code := r.closingCode(t, m)
	if account, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil || account.ClosesAt == nil {
		t.Fatal(account.ClosesAt, err)
	}
	return m
}

func (r room) closingCode(t *testing.T, m me) string {
	t.Helper()
	account, challenge, err := r.Close(t.Context(), m.who, password, verification.Proof{})
	if err != nil || challenge == nil || account.ClosesAt != nil {
		t.Fatalf("%+v, %v", challenge, err)
	}
	return r.newest(t, *m.Phone).Code
}

func (r room) closeDue(t *testing.T) int {
	t.Helper()
	closed, err := r.CloseDue(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return closed
}

func (r room) wallet(t *testing.T, m me) models.Wallet {
	t.Helper()
	wallet, err := r.purses.Open(t.Context(), m.ID, "Z", "")
	if err != nil {
		t.Fatal(err)
	}
	return wallet
}

// book is a ledger that runs, and issues money.
type book struct {
	*ledger.Ledger
	issuer models.Wallet
}

func (r room) book(t *testing.T) book {
	t.Helper()
	b := book{Ledger: ledger.New(r.db, r.hub, slog.New(slog.DiscardHandler))}
	if err := r.db.GORM(t.Context()).Take(&b.issuer, "kind = 'ISSUE' AND currency = 'Z'").Error; err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { b.Run(t.Context()) }) // which ends before the clean-up
	t.Cleanup(running.Wait)
	return b
}

func (b book) issue(t *testing.T, to models.Wallet) error {
	t.Helper()
	return b.move(t, b.issuer, to, models.TransferIssue)
}

func (b book) move(t *testing.T, from, to models.Wallet, kind string) error {
	t.Helper()
	_, err := b.Post(t.Context(), ledger.Posting{Transfer: models.Transfer{
		ID: uuid.Must(uuid.NewV7()), Kind: kind, AccountID: from.AccountID, IdempotencyKey: uuid.New(), Fingerprint: []byte("f"),
		Currency: "Z", FromWalletID: from.ID, ToWalletID: to.ID, FromAccountID: from.AccountID, ToAccountID: to.AccountID,
		Amount: 100, FeePaidBy: models.FeePaidBySender, CreatedAt: time.Now(),
	}})
	return err
}

func (r room) kinds(t *testing.T, m me) (kinds []string) {
	t.Helper()
	rows, err := journal.List(t.Context(), r.db, m.ID, journal.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		kinds = append(kinds, row.Kind)
	}
	return kinds
}

func count(all []string, one string) (n int) {
	for _, each := range all {
		if each == one {
			n++
		}
	}
	return n
}

func TestRow16AClosingTakesThePasswordAndACode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	guess := "123456"
	_, _, err := r.Close(t.Context(), m.who, "wrong", verification.Code(guess))
	wantFault(t, err, fault.CredentialsRejected)
	_, _, err = r.Close(t.Context(), m.who, password, verification.Code(guess))
	wantFault(t, err, fault.CodeExpired)
	code := r.closingCode(t, m)
	wrong := other(code)
	_, _, err = r.Close(t.Context(), m.who, password, verification.Code(wrong))
	wantFault(t, err, fault.CodeRejected)
	account, challenge, err := r.Close(t.Context(), m.who, password, verification.Code(code))
	if err != nil || challenge != nil || account.ClosesAt == nil || !account.ClosesAt.Equal(r.db.Now().Add(grace)) || account.Status != models.AccountActive {
		t.Fatalf("%v, %+v, %v", account.ClosesAt, challenge, err)
	}
	r.endsOthers(t, m)
	if r.lastLogged(t, m) != "CLOSING_BEGUN" {
		t.Errorf("logged: %s", r.lastLogged(t, m))
	}
	for _, to := range []string{phone, email} {
		if told := r.newest(t, to); !strings.Contains(told.Text, "будет закрыт") {
			t.Errorf("%s is told %+v", to, told)
		}
	}
	r.clock.Advance(time.Hour) // a repeat does not begin the time anew, and sends nothing
	if again, challenge, err := r.Close(t.Context(), m.who, password, verification.Proof{}); err != nil || challenge != nil || !again.ClosesAt.Equal(*account.ClosesAt) {
		t.Errorf("a repeat: %v, %+v, %v", again.ClosesAt, challenge, err)
	}
}

func TestAnAccountWithSomethingUnderWayIsNotClosed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet, books := r.wallet(t, m), r.book(t)
	code := r.closingCode(t, m)
	refused := func(want fault.Code) {
		t.Helper()
		_, _, err := r.Close(t.Context(), m.who, password, verification.Code(code))
		wantFault(t, err, want)
		_, challenge, err := r.Close(t.Context(), m.who, password, verification.Proof{})
		if wantFault(t, err, want); challenge != nil {
			t.Error("a code was sent for nothing")
		}
	}
	if err := books.issue(t, wallet); err != nil {
		t.Fatal(err)
	}
	refused(fault.WalletNotEmpty)
	if err := books.move(t, wallet, books.issuer, models.TransferRedemption); err != nil {
		t.Fatal(err)
	}

	for status, side := range map[string]string{"AWAITING_CONFIRMATION": "$2, $3, $4, $5", "PROTECTED": "$3, $2, $5, $4"} {
		id := uuid.Must(uuid.NewV7())
		r.exec(t, `INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id,
			to_account_id, amount, fee, fee_paid_by, memo, created_at, posted_at)
			SELECT $1, 'PAYMENT', $6, $4, $1, '', 'Z', `+side+`, 1, 0, 'SENDER', '', now(), CASE WHEN $6 = 'PROTECTED' THEN now() END`,
			id, wallet.ID, books.issuer.ID, m.ID, books.issuer.AccountID, status)
		refused(fault.TransferState)
		r.exec(t, `DELETE FROM transfers WHERE id = $1`, id)
	}
	r.exec(t, `INSERT INTO certificate_requests (id, account_id, level, status, reason, created_at) VALUES ($1, $1, 'INITIAL', 'PENDING', '', now())`, m.ID)
	refused(fault.StepOutOfOrder)
	r.exec(t, `DELETE FROM certificate_requests`)
	r.exec(t, `UPDATE accounts SET role = 'OPERATOR' WHERE id = $1`, m.ID)
	refused(fault.Forbidden)
	r.exec(t, `UPDATE accounts SET role = 'PERSON', status = 'FROZEN' WHERE id = $1`, m.ID)
	refused(fault.AccountFrozen)
	r.exec(t, `UPDATE accounts SET status = 'ACTIVE' WHERE id = $1`, m.ID)
	if account, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil || account.ClosesAt == nil {
		t.Errorf("the code was used up by the refusals: %v", err)
	}
}

func TestNothingComesIntoAnAccountThatIsBeingClosed(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet, books := r.wallet(t, m), r.book(t)
	code := r.closingCode(t, m)
	if _, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil {
		t.Fatal(err)
	}
	wantFault(t, books.issue(t, wallet), fault.WalletClosed)
	_, err := r.purses.Open(t.Context(), m.ID, "E", "")
	wantFault(t, err, fault.StepOutOfOrder)
	if _, err := r.CancelClosing(t.Context(), m.who); err != nil {
		t.Fatal(err)
	}
	if err := books.issue(t, wallet); err != nil {
		t.Errorf("after the closing was called off: %v", err)
	}
}

func TestAClosingIsCalledOffByItsOwnerAndByFreezing(t *testing.T) {
	t.Parallel()
	for name, callOff := range map[string]func(r room, m me) (models.Account, error){
		"its owner": func(r room, m me) (models.Account, error) { return r.CancelClosing(t.Context(), m.who) },
		"freezing":  func(r room, m me) (models.Account, error) { return r.Freeze(t.Context(), m.who) },
	} {
		r := newRoom(t)
		m := r.closing(t)
		for range 2 { // the second does nothing
			if account, err := callOff(r, m); err != nil || account.ClosesAt != nil {
				t.Fatalf("%s: %v, %v", name, account.ClosesAt, err)
			}
		}
		if n := count(r.kinds(t, m), "CLOSING_CANCELLED"); n != 1 {
			t.Errorf("%s: logged %d times", name, n)
		}
		last := map[string]string{"its owner": "закрытие вашего аккаунта отменено", "freezing": "заморожен"}[name]
		if told := r.newest(t, phone); !strings.Contains(told.Text, last) {
			t.Errorf("%s: told %+v", name, told)
		}
		r.clock.Advance(grace + time.Minute)
		if closed := r.closeDue(t); closed != 0 || r.account(t, m).Phone == nil {
			t.Errorf("%s: it was closed all the same", name)
		}
	}
}

func TestAfterTwoDaysNothingOfTheOwnerIsLeftButTheHistory(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet, books := r.wallet(t, m), r.book(t)
	if err := books.issue(t, wallet); err != nil {
		t.Fatal(err)
	}
	if err := books.move(t, wallet, books.issuer, models.TransferRedemption); err != nil {
		t.Fatal(err)
	}
	code := r.closingCode(t, m)
	if _, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil {
		t.Fatal(err)
	}
	r.exec(t, `INSERT INTO totp_factors (account_id, sealed_secret, created_at, confirmed_at, last_step, wrong_in_a_row) VALUES ($1, '', now(), now(), 0, 0)`, m.ID)
	r.exec(t, `INSERT INTO backup_codes (code_mac, account_id, created_at) VALUES ('a', $1, now())`, m.ID)
	r.exec(t, `INSERT INTO phone_changes (account_id, new_phone_sealed, old_challenge_id, new_challenge_id, created_at) VALUES ($1, 'x', $1, $1, now())`, m.ID)
	r.exec(t, `INSERT INTO recoveries (id, token_mac, kind, account_id, answers_left, new_phone_sealed, created_at, expires_at) VALUES ($1, 'r', 'LOST_PHONE', $1, 5, 'x', now(), now() + interval '9 days')`, m.ID)
	if _, err := r.people.RequestEmailVerification(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(grace - time.Second)
	if r.closeDue(t) != 0 {
		t.Fatal("it was closed before its time")
	}
	r.clock.Advance(time.Second)
	if r.closeDue(t) != 1 || r.closeDue(t) != 0 {
		t.Fatal("it was not closed once")
	}
	if told := r.newest(t, phone); !strings.Contains(told.Text, m.WMID) || r.lastLogged(t, m) != "CLOSED" {
		t.Errorf("told %+v, logged %s", told, r.lastLogged(t, m))
	}
	a := r.account(t, m)
	if a.Status != models.AccountClosed || a.ClosesAt != nil || a.Phone != nil || a.Email != nil || a.EmailMAC != nil || a.PhoneMAC != nil || a.EmailVerifiedAt != nil ||
		a.PasswordHash+a.SecurityQuestion+a.SecurityAnswerHash != "" {
		t.Errorf("left of the account: %+v", a)
	}
	if a.WMID != m.WMID || a.FirstName != "Anna" || a.LastName != "Petrova" || a.BirthDate == nil {
		t.Errorf("what others know is gone: %+v", a)
	}
	for _, table := range []string{"totp_factors", "backup_codes", "phone_changes", "thaws", "closings", "email_verifications", "recoveries WHERE ended_at IS NULL OR new_phone_sealed IS NOT NULL", "wallets WHERE closed_at IS NULL AND kind = 'USER'"} {
		if n := r.number(t, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%s has %d rows", table, n)
		}
	}
	ledgertest.Check(t, r.db)
}

func (r room) liveSessions(t *testing.T, m me) int {
	t.Helper()
	return r.number(t, `SELECT count(*) FROM sessions WHERE account_id = $1 AND revoked_at IS NULL`, m.ID)
}

func (r room) number(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := r.db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAClosedAccountIsUnknownAndItsPhoneBeginsAnew(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.closing(t)
	r.clock.Advance(grace)
	if r.closeDue(t) != 1 {
		t.Fatal("it was not closed")
	}
	if r.liveSessions(t, m) != 0 {
		t.Error("a session outlives its account")
	}
	if a := r.account(t, m); a.FirstName+a.LastName != "" || a.BirthDate != nil {
		t.Errorf("no money ever moved, and the name stays: %+v", a)
	}
	for _, login := range []string{m.WMID, phone, email} {
		_, _, err := r.sessions.LogIn(t.Context(), sessions.LogInRequest{Login: login, Password: password})
		wantFault(t, err, fault.CredentialsRejected)
	}
	if n := count(r.kinds(t, m), "SIGN_IN_FAILED"); n != 0 {
		t.Error("a log-in to nobody was written down")
	}
	for name, err := range map[string]error{
		"freeze":  second(r.Freeze(t.Context(), m.who)),
		"cancel":  second(r.CancelClosing(t.Context(), m.who)),
		"change":  second(r.Email(t.Context(), m.who, "new@example.com", password)),
		"address": second(r.people.RequestEmailVerification(t.Context(), m.ID)),
	} {
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.people.FindByWMID(t.Context(), m.WMID, "wmid"); !fault.Is(err, fault.RecipientNotFound) {
		t.Errorf("as a recipient: %v", err)
	}
	if again := r.anna(t); again.WMID == m.WMID || again.ID == m.ID { // with the same phone and the same address
		t.Errorf("the number was given again: %s", again.WMID)
	}
}

func second[T any](_ T, err error) error { return err }
