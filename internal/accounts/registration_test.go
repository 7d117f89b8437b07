package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/number"
	"purser/internal/request"
	"purser/models"
)

func TestRegistrationLeadsToAnAccount(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	begun, err := r.Start(t.Context(), "8 (900) 123-45-67", locale.RU)
	if err != nil {
		t.Fatal(err)
	}
	if begun.NextStep != accounts.SubmitProfile || begun.Phone != phone || len(begun.Token) < 43 || !begun.ExpiresAt.Equal(r.clock.Now().Add(registrationTTL)) {
		t.Errorf("begun: %+v", begun)
	}
	submitted := r.submit(t, begun.Token, "Anna@Example.com")
	if submitted.NextStep != accounts.VerifyPhone || submitted.Challenge == nil || submitted.Challenge.Target != phone {
		t.Errorf("submitted: %+v", submitted)
	}
	verified, err := r.VerifyPhone(t.Context(), begun.Token, r.newest(t, phone).Code)
	if err != nil || verified.NextStep != accounts.Complete || verified.Challenge != nil {
		t.Errorf("verified: %+v, %v", verified, err)
	}
	account, err := r.Complete(t.Context(), completion(begun.Token))
	if err != nil {
		t.Fatal(err)
	}

	kept, err := r.Find(t.Context(), account.ID)
	if err != nil || !number.ValidWMID(kept.WMID) {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	born, email := time.Date(1990, time.February, 28, 0, 0, 0, 0, time.UTC), "Anna@Example.com"
	want := models.Account{
		ID: account.ID, WMID: account.WMID, Role: models.RolePerson, Status: models.AccountActive, CertificateLevel: models.CertificateAlias, Locale: "RU",
		Phone: &verified.Phone, Email: &email, PhoneMAC: r.db.Lookup("phone", verified.Phone), EmailMAC: r.db.Lookup("email", "anna@example.com"), FirstName: "Anna", LastName: "Petrova", BirthDate: &born,
		PasswordHash: kept.PasswordHash, SecurityQuestion: "First ship?", SecurityAnswerHash: kept.SecurityAnswerHash, CreatedAt: r.clock.Now(),
		AcceptedTerms: 1, AcceptedData: 1, IncomingPolicy: models.FromEveryone,
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("the account (-want +got):\n%s", diff)
	}
	if accepted := r.count(t, `SELECT count(*) FROM agreement_acceptances WHERE account_id = $1`, account.ID); accepted != 2 {
		t.Errorf("%d agreements are on record, want 2", accepted)
	}
	if letter := r.newest(t, "Anna@Example.com"); !strings.Contains(letter.Text, "Anna@Example.com") || !strings.HasPrefix(letter.Link, "https://pay.example/verify-email#token=") {
		t.Errorf("the letter: %+v", letter)
	}
}

func TestRow21SecretsAreHashedAndAnswersAreCompared(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	account, err := r.Complete(t.Context(), completion(r.verified(t, phone, "anna@example.com").Token))
	if err != nil {
		t.Fatal(err)
	}
	for what, hash := range map[string]string{"password": account.PasswordHash, "answer": account.SecurityAnswerHash} {
		if !strings.HasPrefix(hash, "$argon2id$") {
			t.Errorf("the %s is kept as %.20q", what, hash)
		}
	}
	// Typed as "  Кru´zenshtern ": blanks, case and the way an accent is written do not count.
	if match, err := accounts.MatchesPassword(t.Context(), "кr\u00fazenshtern", account.SecurityAnswerHash); err != nil || !match {
		t.Errorf("the answer in its plain form: %t, %v", match, err)
	}
	if match, err := accounts.MatchesPassword(t.Context(), password, account.PasswordHash); err != nil || !match {
		t.Errorf("the password: %t, %v", match, err)
	}
	var dump string
	if err := r.db.Pool.QueryRow(t.Context(), `SELECT (SELECT string_agg(a::text, '') FROM accounts a) || (SELECT string_agg(r::text, '') FROM registrations r)`).Scan(&dump); err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{password, "zenshtern"} {
		if strings.Contains(dump, trace) {
			t.Errorf("%q stands in the database", trace)
		}
	}
}

func TestRegistrationGoesOnWithNothingButItsToken(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.start(t, phone).Token
	at := func(step accounts.Step, awaitsCode bool) {
		t.Helper()
		resumed, err := r.Registration(t.Context(), token)
		if err != nil || resumed.NextStep != step || (resumed.Challenge != nil) != awaitsCode || resumed.Token != token || resumed.Phone != phone {
			t.Errorf("resumed: %+v, %v; want %s", resumed, err, step)
		}
	}
	at(accounts.SubmitProfile, false)
	r.submit(t, token, "anna@example.com")
	at(accounts.VerifyPhone, true)
	if _, err := r.VerifyPhone(t.Context(), token, r.newest(t, phone).Code); err != nil {
		t.Fatal(err)
	}
	at(accounts.Complete, false)
	if _, err := r.Complete(t.Context(), completion(token)); err != nil {
		t.Fatal(err)
	}
	at(accounts.LogIn, false)
	if kept := r.count(t, `SELECT count(*) FROM registrations WHERE position($1::bytea in token_mac) > 0 OR registrations::text LIKE '%' || $2 || '%'`, []byte(token), token); kept != 0 {
		t.Error("the token itself is kept")
	}
}

func TestStepsOutOfOrderAreRefused(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	verify := func(token string) error { return second(r.VerifyPhone(t.Context(), token, "000000")) }
	complete := func(token string) error { return second(r.Complete(t.Context(), completion(token))) }
	submit := func(token string) error {
		return second(r.SubmitProfile(t.Context(), token, profile("anna@example.com")))
	}

	token := r.start(t, phone).Token
	wantFaults(t, verify(token), "STEP_OUT_OF_ORDER")
	wantFaults(t, complete(token), "STEP_OUT_OF_ORDER")
	r.submit(t, token, "anna@example.com")
	wantFaults(t, complete(token), "STEP_OUT_OF_ORDER")
	if _, err := r.VerifyPhone(t.Context(), token, r.newest(t, phone).Code); err != nil {
		t.Fatal(err)
	}
	wantFaults(t, verify(token), "STEP_OUT_OF_ORDER")
	if err := submit(token); err != nil { // a mistake may be corrected until the end
		t.Errorf("the profile again: %v", err)
	}
	if err := complete(token); err != nil {
		t.Fatal(err)
	}
	for what, again := range map[string]func(string) error{"the profile": submit, "the code": verify, "the end": complete} {
		if err := again(token); !fault.Is(err, fault.StepOutOfOrder) {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
}

func TestARegistrationEndsWithItsTime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.verified(t, phone, "anna@example.com").Token
	r.clock.Advance(registrationTTL - time.Second)
	if _, err := r.Registration(t.Context(), token); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	r.clock.Advance(time.Second)
	for _, dead := range []string{token, "", "never was", "\x00", strings.Repeat("x", 1<<16)} {
		for what, err := range map[string]error{
			"resume":   second(r.Registration(t.Context(), dead)),
			"submit":   second(r.SubmitProfile(t.Context(), dead, accounts.Profile{})),
			"verify":   second(r.VerifyPhone(t.Context(), dead, "000000")),
			"complete": second(r.Complete(t.Context(), completion(dead))),
		} {
			if !fault.Is(err, fault.RegistrationExpired) {
				t.Errorf("%s with %.10q: %v", what, dead, err)
			}
		}
	}
}

func TestAProfileIsCorrectedWithoutAnotherCode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.start(t, phone).Token
	first := r.submit(t, token, "ana@example.com")
	code := r.newest(t, phone).Code
	corrected := r.submit(t, token, "anna@example.com")
	if corrected.Challenge.ID != first.Challenge.ID || r.newest(t, phone).Code != code {
		t.Error("a correction sent another code")
	}
	if _, err := r.VerifyPhone(t.Context(), token, code); err != nil {
		t.Fatal(err)
	}
	account, err := r.Complete(t.Context(), completion(token))
	if err != nil || *account.Email != "anna@example.com" {
		t.Errorf("the account's address is %v, %v", account.Email, err)
	}
}

func TestAWrongCodeIsCountedUntilTheChallengeIsDead(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	token := r.start(t, phone).Token
	dead := r.submit(t, token, "anna@example.com").Challenge
	code := r.newest(t, phone).Code
	wrong := string('0'+(code[0]-'0'+1)%10) + code[1:]
	wantFaults(t, second(r.VerifyPhone(t.Context(), token, "12")), "INVALID_INPUT malformed code")
	for range 4 {
		wantFaults(t, second(r.VerifyPhone(t.Context(), token, wrong)), "CODE_REJECTED code")
	}
	wantFaults(t, second(r.VerifyPhone(t.Context(), token, wrong)), "CODE_REJECTED last_try code")
	wantFaults(t, second(r.VerifyPhone(t.Context(), token, code)), "CODE_EXPIRED code")
	if resumed, err := r.Registration(t.Context(), token); err != nil || resumed.NextStep != accounts.VerifyPhone || resumed.Challenge.AttemptsLeft != 0 {
		t.Errorf("resumed: %+v, %v", resumed, err)
	}

	if early := r.submit(t, token, "anna@example.com"); early.Challenge.ID != dead.ID {
		t.Error("submitting again brings another code before it is time")
	}
	r.clock.Advance(time.Minute)
	again := r.submit(t, token, "anna@example.com") // the way on: another challenge
	if again.Challenge.ID == dead.ID {
		t.Error("the dead challenge is shown again")
	}
	if _, err := r.VerifyPhone(t.Context(), token, r.newest(t, phone).Code); err != nil {
		t.Errorf("the new code: %v", err)
	}
}

func TestRow06OneAddressBeginsSoManyRegistrations(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	here := from(t, "203.0.113.7")
	for range 300 {
		if _, err := r.Start(here, phone, locale.EN); err != nil {
			t.Fatal(err)
		}
	}
	wantFaults(t, second(r.Start(here, phone, locale.EN)), "RATE_LIMITED")
	if _, err := r.Start(from(t, "203.0.113.8"), phone, locale.EN); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	r.clock.Advance(time.Hour)
	if _, err := r.Start(here, phone, locale.EN); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestSpeakFollowsTheRequestThenTheAccount(t *testing.T) {
	t.Parallel()
	russian := models.Account{Locale: "RU"}
	if got := accounts.Speak(t.Context(), russian); got != locale.RU {
		t.Errorf("without a request it is %s", got)
	}
	asked := request.With(t.Context(), request.Info{Locale: locale.EN, HasLocale: true})
	if got := accounts.Speak(asked, russian); got != locale.EN {
		t.Errorf("asked in English it is %s", got)
	}
}
