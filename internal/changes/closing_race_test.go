package changes_test

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"purser/internal/fault"
	"purser/internal/ledger/ledgertest"
	"purser/internal/verification"
	"purser/models"
)

func TestNoMoneyComesInBehindAClosing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	books := r.book(t)
	for round := range 12 {
		account := r.person(t, fmt.Sprintf("+7900123%04d", round), fmt.Sprintf("p%d@example.com", round))
		mine := r.open(t, account)
		m := me{Account: account, mine: mine}
		m.who.Account, m.who.Session = account.ID, mine.Session.ID
		wallet, code := r.wallet(t, m), r.closingCode(t, m)
		var closed, paid error
		var both sync.WaitGroup
		both.Go(func() { _, _, closed = r.Close(t.Context(), m.who, password, verification.Code(code)) })
		both.Go(func() { paid = books.issue(t, wallet) })
		both.Wait()
		balance := r.number(t, `SELECT balance FROM wallets WHERE id = $1`, wallet.ID)
		isClosing := r.account(t, m).ClosesAt != nil
		switch {
		case closed == nil && fault.Is(paid, fault.WalletClosed) && isClosing && balance == 0:
		case fault.Is(closed, fault.WalletNotEmpty) && paid == nil && !isClosing && balance == 100:
		default:
			t.Fatalf("closing: %v, paying: %v; %d in an account that is being closed: %t", closed, paid, balance, isClosing)
		}
	}
	ledgertest.Check(t, r.db)
}

func TestACancelAgainstTheEndHasOneWinner(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	m := one.closing(t)
	one.clock.Advance(grace)
	var closed int
	var closing, cancelling error
	var both sync.WaitGroup
	both.Go(func() { closed, closing = two.CloseDue(t.Context(), slog.New(slog.DiscardHandler)) })
	both.Go(func() { _, cancelling = one.CancelClosing(t.Context(), m.who) })
	both.Wait()
	a, kinds := one.account(t, m), one.kinds(t, m)
	switch {
	case closing != nil:
		t.Error(closing)
	case closed == 1 && fault.Is(cancelling, fault.Unauthenticated) && a.Status == models.AccountClosed && a.Phone == nil && count(kinds, "CLOSED") == 1 && count(kinds, "CLOSING_CANCELLED") == 0:
	case closed == 0 && cancelling == nil && a.Status == models.AccountActive && a.Phone != nil && a.ClosesAt == nil && count(kinds, "CLOSED") == 0 && count(kinds, "CLOSING_CANCELLED") == 1:
	default:
		t.Errorf("%d closed; cancelling: %v; %+v, %v", closed, cancelling, a, kinds)
	}
}

func TestTwoServersCloseAnAccountOnce(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	servers := []room{one, roomOn(t, one.db, one.clock), roomOn(t, one.db, one.clock)}
	m := one.closing(t)
	one.clock.Advance(grace)
	closed, errs := make([]int, len(servers)), make([]error, len(servers))
	var running sync.WaitGroup
	for i, server := range servers {
		running.Go(func() { closed[i], errs[i] = server.CloseDue(t.Context(), slog.New(slog.DiscardHandler)) })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil || closed[0]+closed[1]+closed[2] != 1 || count(one.kinds(t, m), "CLOSED") != 1 {
		t.Errorf("closed %v, %v; logged %v", closed, err, one.kinds(t, m))
	}
}

func TestAClosingThatBreaksOffInTheMiddleIsDoneWholeLater(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet := r.wallet(t, m)
	code := r.closingCode(t, m)
	if _, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(grace)
	// The last thing that a closing writes fails, and its connection is gone.
	r.exec(t, `CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$`)
	r.exec(t, `CREATE TRIGGER break_off BEFORE INSERT ON security_events FOR EACH ROW WHEN (NEW.kind = 'CLOSED') EXECUTE FUNCTION break_off()`)
	if closed, err := r.CloseDue(t.Context(), slog.New(slog.DiscardHandler)); err == nil || closed != 0 {
		t.Fatalf("%d closed, %v", closed, err)
	}
	if a := r.account(t, m); a.Status != models.AccountActive || a.Phone == nil || a.ClosesAt == nil || r.liveSessions(t, m) != 1 {
		t.Fatalf("half closed: %+v", a)
	}
	if n := r.number(t, `SELECT count(*) FROM wallets WHERE id = $1 AND closed_at IS NULL`, wallet.ID); n != 1 {
		t.Fatal("the wallet is closed already")
	}
	r.exec(t, `DROP TRIGGER break_off ON security_events`)
	if r.closeDue(t) != 1 || r.account(t, m).Status != models.AccountClosed {
		t.Error("it was not closed later")
	}
}

func TestMoneyThatCameInAllTheSameCallsTheClosingOff(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet, books := r.wallet(t, m), r.book(t)
	if err := books.issue(t, wallet); err != nil {
		t.Fatal(err)
	}
	at := r.db.Now().Add(time.Minute)
	r.exec(t, `UPDATE accounts SET closes_at = $2 WHERE id = $1`, m.ID, at) // as if a server that knows of no closing had posted it
	r.clock.Advance(time.Hour)
	if r.closeDue(t) != 0 {
		t.Fatal("money was lost")
	}
	if a := r.account(t, m); a.ClosesAt != nil || a.Status != models.AccountActive || r.lastLogged(t, m) != "CLOSING_CANCELLED" {
		t.Errorf("%+v, logged %s", a, r.lastLogged(t, m))
	}
}

func TestAClosingWaitsForATransferThatIsUnderWay(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	wallet, books := r.wallet(t, m), r.book(t)
	code := r.closingCode(t, m)
	if _, _, err := r.Close(t.Context(), m.who, password, verification.Code(code)); err != nil {
		t.Fatal(err)
	}
	r.exec(t, `INSERT INTO transfers (id, kind, status, account_id, idempotency_key, fingerprint, currency, from_wallet_id, to_wallet_id, from_account_id,
		to_account_id, amount, fee, fee_paid_by, memo, created_at) VALUES ($1, 'PAYMENT', 'AWAITING_CONFIRMATION', $1, $1, '', 'Z', $2, $3, $1, $4, 1, 0, 'SENDER', '', now())`,
		m.ID, wallet.ID, books.issuer.ID, books.issuer.AccountID)
	r.clock.Advance(grace)
	if r.closeDue(t) != 0 || r.account(t, m).ClosesAt == nil {
		t.Fatal("it did not wait")
	}
	r.exec(t, `UPDATE transfers SET status = 'EXPIRED'`)
	if r.closeDue(t) != 1 {
		t.Error("it waits for ever")
	}
}
