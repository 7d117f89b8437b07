package accounts_test

import (
	"context"
	"sync"
	"testing"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/request"
)

func TestAKnownPhoneIsToldToLogIn(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.account(t, phone, "boris@example.com")
	begun := r.start(t, phone) // nothing tells a stranger yet
	if submitted := r.submit(t, begun.Token, "anna@example.com"); begun.NextStep != accounts.SubmitProfile || submitted.NextStep != accounts.VerifyPhone {
		t.Errorf("a stranger can tell that the phone is known: %s, %s", begun.NextStep, submitted.NextStep)
	}
	verified, err := r.VerifyPhone(t.Context(), begun.Token, r.newest(t, phone).Code)
	if err != nil || verified.NextStep != accounts.LogIn {
		t.Errorf("verified: %s, %v; want %s", verified.NextStep, err, accounts.LogIn)
	}
	wantFaults(t, second(r.Complete(t.Context(), requestOf(verified))), "PHONE_TAKEN")
	wantFaults(t, second(r.SubmitProfile(t.Context(), begun.Token, profile("anna@example.com"))), "PHONE_TAKEN")
}

func TestATakenEmailIsToldToTheOwnerOfAPhoneOnly(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.account(t, "+79007654321", "anna@example.com")
	verified := r.verified(t, phone, "Anna@EXAMPLE.com")
	wantFaults(t, second(r.Complete(t.Context(), requestOf(verified))), "EMAIL_TAKEN") // its input has no address
	wantFaults(t, second(r.SubmitProfile(t.Context(), verified.Token, profile("anna@example.com"))), "EMAIL_TAKEN email")
	r.submit(t, verified.Token, "anna2@example.com")
	if account, err := r.Complete(t.Context(), requestOf(verified)); err != nil || *account.Email != "anna2@example.com" {
		t.Errorf("with another address: %v, %v", account.Email, err)
	}
}

func TestCompleteWantsTheAgreementsAndTheSamePasswordTwice(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, err := r.db.Pool.Exec(t.Context(), `INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at)
VALUES ('PERSONAL_DATA', 2, '', '', '', '', $1), ('PERSONAL_DATA', 3, '', '', '', '', $2)`, r.clock.Now(), r.clock.Now().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	current, err := r.Agreements(t.Context())
	if err != nil || len(current) != 2 || current[0].Kind != "TERMS_OF_TRANSFER" || current[1].Version != 2 {
		t.Errorf("current are %+v, %v", current, err)
	}

	verified := r.verified(t, phone, "anna@example.com")
	terms, data := accounts.AgreementID{Kind: "TERMS_OF_TRANSFER", Version: 1}, accounts.AgreementID{Kind: "PERSONAL_DATA", Version: 2}
	for what, accepted := range map[string][]accounts.AgreementID{
		"none":           nil,
		"one":            {terms},
		"an old version": {terms, {Kind: "PERSONAL_DATA", Version: 1}},
		"a coming one":   {terms, {Kind: "PERSONAL_DATA", Version: 3}},
	} {
		req := requestOf(verified)
		req.Agreements = accepted
		if err := second(r.Complete(t.Context(), req)); !fault.Is(err, fault.AgreementsNotAccepted) {
			t.Errorf("%s accepted: %v", what, err)
		}
	}
	req := requestOf(verified)
	req.PasswordConfirmation, req.Agreements = "tall ships at dusk", nil
	wantFaults(t, second(r.Complete(t.Context(), req)), "PASSWORD_MISMATCH passwordConfirmation", "AGREEMENTS_NOT_ACCEPTED acceptedAgreements")
	req.PasswordConfirmation, req.Agreements = req.Password, []accounts.AgreementID{data, terms, terms, {Kind: "OTHER", Version: 9}}
	account, err := r.Complete(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.count(t, `SELECT count(*) FROM agreement_acceptances WHERE account_id = $1 AND (kind, version) IN (('PERSONAL_DATA', 2), ('TERMS_OF_TRANSFER', 1))`, account.ID); n != 2 {
		t.Errorf("%d of the accepted versions are on record", n)
	}
}

func TestTwentyCompletesMakeOneAccount(t *testing.T) { // not parallel: it keeps every hasher of the process busy
	r := newRoom(t)
	verified := r.verified(t, phone, "anna@example.com")
	answers := atOnce(20, func(int) error { return second(r.Complete(t.Context(), requestOf(verified))) })
	// On a slow machine some have waited for a hasher for as long as anyone does.
	if won, late, busy := answers[""], answers[fault.StepOutOfOrder], answers[fault.Overloaded]; won != 1 || late+busy != 19 {
		t.Errorf("answers: %v, want one account, and else %s or %s", answers, fault.StepOutOfOrder, fault.Overloaded)
	}
	if n := r.count(t, `SELECT count(*) FROM accounts WHERE phone_mac = $1`, r.db.Lookup("phone", phone)); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestTwoRegistrationsOfOnePhoneMakeOneAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	both := []accounts.Registration{r.verified(t, phone, "anna@example.com"), r.verified(t, phone, "anna2@example.com")}
	answers := atOnce(2, func(i int) error { return second(r.Complete(t.Context(), requestOf(both[i]))) })
	if answers[""] != 1 || answers[fault.PhoneTaken] != 1 {
		t.Errorf("answers: %v, want one account and one %s", answers, fault.PhoneTaken)
	}
	if n := r.count(t, `SELECT count(*) FROM accounts WHERE phone_mac = $1`, r.db.Lookup("phone", phone)); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestTwoPeopleWithOneEmailMakeOneAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	both := []accounts.Registration{r.verified(t, phone, "anna@example.com"), r.verified(t, "+79007654321", "ANNA@example.com")}
	answers := atOnce(2, func(i int) error { return second(r.Complete(t.Context(), requestOf(both[i]))) })
	if answers[""] != 1 || answers[fault.EmailTaken] != 1 {
		t.Errorf("answers: %v, want one account and one %s", answers, fault.EmailTaken)
	}
}

func TestATakenWMIDIsDrawnAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, err := r.Complete(t.Context(), requestOf(r.verified(t, phone, "anna@example.com")))
	if err != nil {
		t.Fatal(err)
	}
	// The database finds that the first number drawn for Boris is Anna's, once.
	_, err = r.db.Pool.Exec(t.Context(), `
CREATE SEQUENCE draws;
CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('draws') = 1 THEN NEW.wmid := '`+account.WMID+`'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER collide BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION collide()`)
	if err != nil {
		t.Fatal(err)
	}
	boris, err := r.Complete(t.Context(), requestOf(r.verified(t, "+79007654321", "boris@example.com")))
	if err != nil || boris.WMID == account.WMID {
		t.Errorf("the second account has %s, %v", boris.WMID, err)
	}
}

func requestOf(r accounts.Registration) accounts.CompleteRequest { return completion(r.Token) }

// atOnce runs n calls together and counts their answers by code, "" for success; "?" is anything else.
func atOnce(n int, call func(i int) error) map[fault.Code]int {
	var mu sync.Mutex
	var running sync.WaitGroup
	answers := map[fault.Code]int{}
	for i := range n {
		running.Go(func() {
			code := fault.Code("")
			if err := call(i); err != nil {
				code = "?"
				if faults, ok := fault.All(err); ok {
					code = faults[0].Code
				}
			}
			mu.Lock()
			defer mu.Unlock()
			answers[code]++
		})
	}
	running.Wait()
	return answers
}

// from is a request from an address.
func from(t *testing.T, ip string) context.Context {
	t.Helper()
	return request.With(t.Context(), request.Info{IP: ip})
}
