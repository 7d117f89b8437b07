package changes_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"purser/internal/accounts"
	"purser/internal/changes"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/verification"
	"purser/models"
)

const (
	newPassword = "short ships at dusk"
	newPhone    = "+79005554433"
	newEmail    = "anna@elsewhere.example"
)

func TestRow16And17AChangeOfPasswordNeedsTheOldOneAndEndsOtherSessions(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	for _, bad := range []struct {
		p    changes.Password
		code fault.Code
		at   string
	}{
		{changes.Password{Current: "wrong password", New: newPassword, Confirmation: newPassword}, fault.CredentialsRejected, "currentPassword"},
		{changes.Password{Current: password, New: newPassword, Confirmation: "other"}, fault.PasswordMismatch, "newPasswordConfirmation"},
		{changes.Password{Current: password, New: "password123", Confirmation: "password123"}, fault.PasswordTooWeak, "newPassword"},
		{changes.Password{Current: password, New: m.WMID, Confirmation: m.WMID}, fault.PasswordTooWeak, "newPassword"},
	} {
		_, err := r.Password(t.Context(), m.who, bad.p)
		faults, _ := fault.All(err)
		if len(faults) != 1 || faults[0].Code != bad.code || strings.Join(faults[0].Field, ".") != bad.at {
			t.Errorf("%+v: %v", bad.p, err)
		}
	}
	if !r.alive(t, m.other) {
		t.Fatal("a refusal ended a session")
	}
	account, err := r.Password(t.Context(), m.who, changes.Password{Current: password, New: newPassword, Confirmation: newPassword})
	if err != nil || account.PasswordChangedAt == nil || !account.PasswordChangedAt.Equal(r.clock.Now()) {
		t.Fatalf("%+v, %v", account.PasswordChangedAt, err)
	}
	r.endsOthers(t, m)
	if letter := r.newest(t, email); !strings.Contains(letter.Subject, "Пароль") || r.lastLogged(t, m) != "PASSWORD_CHANGED" {
		t.Errorf("told: %+v, logged: %s", letter, r.lastLogged(t, m))
	}
	_, err = r.Password(t.Context(), m.who, changes.Password{Current: password, New: newPassword, Confirmation: newPassword})
	wantFault(t, err, fault.CredentialsRejected)
}

func TestRow16WrongPasswordsOfASessionAreCounted(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	for range 10 {
		_, err := r.Email(t.Context(), m.who, newEmail, "wrong")
		wantFault(t, err, fault.CredentialsRejected)
	}
	_, err := r.Email(t.Context(), m.who, newEmail, password)
	wantFault(t, err, fault.RateLimited)
	r.clock.Advance(15 * time.Minute)
	if _, err := r.Email(t.Context(), m.who, newEmail, password); err != nil {
		t.Error(err)
	}
}

func TestRow17ThePhoneChangesWithTwoCodesAndTheOldNumberIsTold(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	_, err := r.ConfirmPhone(t.Context(), m.who, "123456", "123456")
	wantFault(t, err, fault.CodeExpired)
	for typed, code := range map[string]fault.Code{"nonsense": fault.InvalidPhone, phone: fault.InvalidPhone} {
		_, _, err := r.BeginPhone(t.Context(), m.who, typed, password)
		wantFault(t, err, code)
	}
	_, _, err = r.BeginPhone(t.Context(), m.who, newPhone, "wrong")
	wantFault(t, err, fault.CredentialsRejected)
	if _, _, err := r.BeginPhone(t.Context(), m.who, "+79009998877", password); err != nil { // is dropped by the next
		t.Fatal(err)
	}
	dropped := r.newest(t, "+79009998877").Code
	old, fresh, err := r.BeginPhone(t.Context(), m.who, newPhone, password)
	if err != nil || old.Target != phone || fresh.Target != newPhone {
		t.Fatalf("%+v, %+v, %v", old, fresh, err)
	}
	oldCode, newCode := r.newest(t, phone).Code, r.newest(t, newPhone).Code
	for _, wrong := range []struct{ old, new, at string }{
		{other(oldCode), newCode, "oldPhoneCode"}, {oldCode, other(newCode), "newPhoneCode"}, {newCode, newCode, "oldPhoneCode"}, {"", newCode, "oldPhoneCode"},
		{oldCode, dropped, "newPhoneCode"},
	} {
		if wrong.old == oldCode && wrong.new == newCode {
			continue // two codes may be the same by chance
		}
		_, err := r.ConfirmPhone(t.Context(), m.who, wrong.old, wrong.new)
		faults, _ := fault.All(err)
		if len(faults) != 1 || strings.Join(faults[0].Field, ".") != wrong.at {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	if !r.alive(t, m.other) || *r.account(t, m).Phone != phone {
		t.Fatal("a refusal changed something")
	}
	account, err := r.ConfirmPhone(t.Context(), m.who, oldCode, newCode) // a right code was not used up beside a wrong one
	if err != nil || *account.Phone != newPhone || *r.account(t, m).Phone != newPhone {
		t.Fatalf("%v, %v", account.Phone, err)
	}
	r.endsOthers(t, m)
	if r.newest(t, phone).Code != "" || !strings.Contains(r.newest(t, email).Subject, "Телефон") || r.lastLogged(t, m) != "PHONE_CHANGED" {
		t.Errorf("told: %+v, %+v", r.newest(t, phone), r.newest(t, email))
	}
	_, err = r.ConfirmPhone(t.Context(), m.who, oldCode, newCode)
	wantFault(t, err, fault.CodeExpired)
}

func other(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

func TestATakenPhoneIsSaidToWhomHasItInHand(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	r.person(t, newPhone, "boris@example.com")
	if _, _, err := r.BeginPhone(t.Context(), m.who, newPhone, password); err != nil {
		t.Fatalf("it is told too early: %v", err)
	}
	oldCode, newCode := r.newest(t, phone).Code, r.newest(t, newPhone).Code
	_, err := r.ConfirmPhone(t.Context(), m.who, oldCode, newCode)
	wantFault(t, err, fault.PhoneTaken)
	_, err = r.ConfirmPhone(t.Context(), m.who, oldCode, newCode)
	wantFault(t, err, fault.CodeExpired)
	if !r.alive(t, m.other) || *r.account(t, m).Phone != phone {
		t.Error("something was changed")
	}
}

func TestTwoAccountsThatTakeOnePhoneTogetherHaveOneWinner(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	boris := r.person(t, "+79007654321", "boris@example.com")
	his := changes.Who{Account: boris.ID, Session: r.open(t, boris).Session.ID}
	type try struct {
		who      changes.Who
		old, new string
	}
	var tries []try
	for who, from := range map[changes.Who]string{m.who: phone, his: "+79007654321"} {
		if _, _, err := r.BeginPhone(t.Context(), who, newPhone, password); err != nil {
			t.Fatal(err)
		}
		tries = append(tries, try{who, r.newest(t, from).Code, r.newest(t, newPhone).Code})
	}
	var mu sync.Mutex
	var running sync.WaitGroup
	won := 0
	for _, one := range tries {
		running.Go(func() {
			_, err := r.ConfirmPhone(t.Context(), one.who, one.old, one.new)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !fault.Is(err, fault.PhoneTaken) {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestRow17TheAddressChangesWithItsLinkAndTheOldOneIsTold(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	_, err := r.Email(t.Context(), m.who, "nonsense", password)
	wantFault(t, err, fault.InvalidInput)
	if _, err := r.Email(t.Context(), m.who, newEmail, password); err != nil {
		t.Fatal(err)
	}
	r.endsOthers(t, m)
	if told := r.newest(t, email); !strings.Contains(told.Text, "an") || strings.Contains(told.Text, newEmail) || told.Link != "" {
		t.Errorf("the old address is told %+v", told)
	}
	if *r.account(t, m).Email != email {
		t.Error("the address changed before its link was used")
	}
	_, token, _ := strings.Cut(r.newest(t, newEmail).Link, "#token=")
	account, err := r.people.VerifyEmail(t.Context(), token)
	if err != nil || *account.Email != newEmail || account.EmailVerifiedAt == nil || !bytes.Equal(r.account(t, m).EmailMAC, r.db.Lookup("email", newEmail)) {
		t.Fatalf("%+v, %v", account.Email, err)
	}
	if told := r.newest(t, email); !strings.Contains(told.Subject, "E-mail в Purser изменён") || r.lastLogged(t, m) != "EMAIL_CHANGED" {
		t.Errorf("the old address is told %+v", told)
	}
	_, err = r.people.VerifyEmail(t.Context(), token)
	wantFault(t, err, fault.CodeExpired)
}

func TestATakenAddressIsSaidToWhomReadsItsLetters(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	r.person(t, newPhone, newEmail)
	if _, err := r.Email(t.Context(), m.who, newEmail, password); err != nil {
		t.Fatalf("it is told too early: %v", err)
	}
	_, token, _ := strings.Cut(r.newest(t, newEmail).Link, "#token=")
	_, err := r.people.VerifyEmail(t.Context(), token)
	wantFault(t, err, fault.EmailTaken)
	if *r.account(t, m).Email != email {
		t.Error("the address changed")
	}
}

func TestTheSecurityQuestionChangesWithThePassword(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	for q, code := range map[changes.Question]fault.Code{
		{CurrentPassword: "wrong", Question: "First ship?", Answer: "Mir"}:         fault.CredentialsRejected,
		{CurrentPassword: password, Question: "", Answer: ""}:                      fault.InvalidInput,
		{CurrentPassword: password, Question: "Is it the Mir?", Answer: "  MIR  "}: fault.InvalidInput,
	} {
		_, err := r.SecurityQuestion(t.Context(), m.who, q)
		wantFault(t, err, code)
	}
	account, err := r.SecurityQuestion(t.Context(), m.who, changes.Question{CurrentPassword: password, Question: "First ship?", Answer: " Mir "})
	if err != nil || account.SecurityQuestion != "First ship?" || !strings.HasPrefix(r.account(t, m).SecurityAnswerHash, "$argon2id$") {
		t.Fatalf("%q, %v", account.SecurityQuestion, err)
	}
	r.endsOthers(t, m)
	if r.lastLogged(t, m) != "SECURITY_QUESTION_CHANGED" {
		t.Errorf("logged: %s", r.lastLogged(t, m))
	}
}

func TestAnAccountIsFrozenAtOnceAndThawedWithACode(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	if account, challenge, err := r.Unfreeze(t.Context(), m.who, verification.Proof{}); err != nil || challenge != nil || account.Status != models.AccountActive {
		t.Errorf("an active account: %+v, %v", challenge, err)
	}
	for range 2 {
		if account, err := r.Freeze(t.Context(), m.who); err != nil || account.Status != models.AccountFrozen {
			t.Fatal(account.Status, err)
		}
	}
	if identity, err := r.sessions.Authenticate(t.Context(), m.other.Access); err != nil || identity.Account.Status != models.AccountFrozen {
		t.Errorf("another session: %s, %v", identity.Account.Status, err)
	}
	guess := "123456"
	_, _, err := r.Unfreeze(t.Context(), m.who, verification.Code(guess))
	wantFault(t, err, fault.CodeExpired)
	account, challenge, err := r.Unfreeze(t.Context(), m.who, verification.Proof{})
	if err != nil || challenge == nil || account.Status != models.AccountFrozen {
		t.Fatalf("%+v, %v", challenge, err)
	}
	code := r.newest(t, phone).Code
	wrong := other(code)
	_, _, err = r.Unfreeze(t.Context(), m.who, verification.Code(wrong))
	wantFault(t, err, fault.CodeRejected)
	if account, _, err := r.Unfreeze(t.Context(), m.who, verification.Code(code)); err != nil || account.Status != models.AccountActive {
		t.Fatal(account.Status, err)
	}
	if r.lastLogged(t, m) != "UNFROZEN" || !r.alive(t, m.other) {
		t.Errorf("logged: %s; the other session alive: %t", r.lastLogged(t, m), r.alive(t, m.other))
	}
}

func TestTheLanguageOfMessagesIsSet(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	for range 2 {
		if account, err := r.Locale(t.Context(), m.who, locale.EN); err != nil || account.Locale != "EN" || r.account(t, m).Locale != "EN" {
			t.Fatal(account.Locale, err)
		}
	}
}

func TestTheProfileChangesUntilItIsCertified(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	m := r.me(t)
	good := accounts.Profile{FirstName: " Anna ", MiddleName: "M.", LastName: "Ivanova", BirthDate: "1981-05-01"}
	_, err := r.Profile(t.Context(), m.who, "wrong", good)
	wantFault(t, err, fault.CredentialsRejected)
	_, err = r.Profile(t.Context(), m.who, password, accounts.Profile{FirstName: " ", LastName: strings.Repeat("x", 101), BirthDate: "tomorrow"})
	if faults, _ := fault.All(err); len(faults) != 3 {
		t.Errorf("three mistakes are answered with %v", err)
	}
	account, err := r.Profile(t.Context(), m.who, password, good)
	if kept := r.account(t, m); err != nil || account.FirstName != "Anna" || kept.LastName != "Ivanova" || kept.MiddleName != "M." || kept.BirthDate.Year() != 1981 {
		t.Fatalf("%+v, %v", account, err)
	}
	r.endsOthers(t, m)
	if r.lastLogged(t, m) != "PROFILE_CHANGED" {
		t.Errorf("logged: %s", r.lastLogged(t, m))
	}
	for _, level := range []string{"FORMAL", "INITIAL", "PERSONAL"} {
		r.exec(t, `UPDATE accounts SET certificate_level = $2 WHERE id = $1`, m.ID, level)
		_, err = r.Profile(t.Context(), m.who, password, good)
		wantFault(t, err, fault.ProfileCertified)
	}
}

// TestRow18AChangeVoidsTheRecoveriesThatWereBegun: an old letter must not outlive the contact or the secret that it rests on.
func TestRow18AChangeVoidsTheRecoveriesThatWereBegun(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(r room, m me) error{
		"the password": func(r room, m me) error {
			_, err := r.Password(t.Context(), m.who, changes.Password{Current: password, New: newPassword, Confirmation: newPassword})
			return err
		},
		"the question": func(r room, m me) error {
			_, err := r.SecurityQuestion(t.Context(), m.who, changes.Question{CurrentPassword: password, Question: "First ship?", Answer: "Mir"})
			return err
		},
	} {
		r := newRoom(t)
		m := r.me(t)
		r.exec(t, `INSERT INTO recoveries (id, token_mac, kind, account_id, answers_left, created_at, expires_at)
			VALUES (gen_random_uuid(), 'r', 'LOST_PHONE', $1, 5, $2, $2)`, m.who.Account, r.clock.Now())
		if err := change(r, m); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var open int
		if err := r.db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM recoveries WHERE ended_at IS NULL`).Scan(&open); err != nil || open != 0 {
			t.Errorf("%s: %d recoveries are open, %v", what, open, err)
		}
	}
}
