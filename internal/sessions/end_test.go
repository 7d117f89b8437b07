package sessions_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

// logged is an account's security log, oldest first.
func (r room) logged(t *testing.T, account models.Account) string {
	t.Helper()
	rows, err := journal.List(t.Context(), r.db, account.ID, journal.Page{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, row := range slices.Backward(rows) {
		kinds = append(kinds, row.Kind)
	}
	return strings.Join(kinds, " ")
}

func TestTheLogTellsOfSignInsAndTheirEnds(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	_, _, err := r.logIn(t, phone, "wrong password")
	wantFault(t, err, fault.CredentialsRejected)
	first := r.open(t, anna, false)
	for range 2 { // the second time there is nothing to end
		if err := r.LogOut(t.Context(), anna.ID, first.Session.ID); err != nil {
			t.Fatal(err)
		}
	}
	second := r.open(t, anna, false)
	if _, err := r.Refresh(t.Context(), second.Refresh); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(grace + time.Second)
	_, err = r.Refresh(t.Context(), second.Refresh)
	wantFault(t, err, fault.SessionExpired)
	want := "AGREEMENTS_ACCEPTED SIGN_IN_FAILED SIGNED_IN SIGNED_OUT SIGNED_IN TOKEN_REUSED"
	if got := r.logged(t, anna); got != want {
		t.Errorf("the log says %s, want %s", got, want)
	}
}

func TestSessionsAreListedWithTheCurrentOneFirst(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.anna(t), r.person(t, "+79007654321", "boris@example.com")
	r.open(t, boris, false)
	gone := r.open(t, anna, false)
	r.clock.Advance(refreshTTL) // it has expired
	over, oldest := r.open(t, anna, false), r.open(t, anna, false)
	r.clock.Advance(time.Hour)
	newest := r.open(t, anna, false)
	if err := r.LogOut(t.Context(), anna.ID, over.Session.ID); err != nil {
		t.Fatal(err)
	}
	for _, current := range []sessions.Tokens{oldest, newest} {
		list, err := r.List(t.Context(), anna.ID, current.Session.ID)
		if err != nil || len(list) != 2 || list[0].Session.ID != current.Session.ID || list[0].Device.Name != "Pixel 9" || list[0].Device.Platform != "ANDROID" {
			t.Errorf("seen from %s: %+v, %v", current.Session.ID, list, err)
		}
	}
	wantFault(t, r.Revoke(t.Context(), anna.ID, gone.Session.ID), fault.SessionNotFound)
}

func TestRow28And29ARevokedSessionIsDeadAtOnceHereAndWithinASecondElsewhere(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	other := roomOn(t, r.db, r.clock)
	anna := r.anna(t)
	mine, lost := r.open(t, anna, true), r.open(t, anna, true)
	for _, server := range []room{r, other} {
		if !server.aliveNow(t, lost.Access) {
			t.Fatal("a live session is refused")
		}
	}
	if err := r.Revoke(t.Context(), anna.ID, lost.Session.ID); err != nil {
		t.Fatal(err)
	}
	if r.aliveNow(t, lost.Access) || other.alive(t, lost.Access) {
		t.Error("the revoked session lives")
	}
	_, err := r.Refresh(t.Context(), lost.Refresh)
	wantFault(t, err, fault.SessionExpired)
	if tokens, challenge := r.logInTrusted(t, phone, lost.DeviceTrust); tokens != nil || challenge == nil {
		t.Error("its device is still trusted")
	}
	if tokens, _ := r.logInTrusted(t, phone, mine.DeviceTrust); tokens == nil || !r.alive(t, mine.Access) {
		t.Error("the other session, or its device, is ended too")
	}
	wantFault(t, r.Revoke(t.Context(), anna.ID, lost.Session.ID), fault.SessionNotFound)
	if got := r.logged(t, anna); !strings.HasSuffix(got, "SESSION_ENDED SIGNED_IN") {
		t.Errorf("the log says %s", got)
	}
}

func TestRow31AnothersSessionIsAsOneThatIsNot(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna, boris := r.anna(t), r.person(t, "+79007654321", "boris@example.com")
	his := r.open(t, boris, true)
	for _, id := range []uuid.UUID{his.Session.ID, uuid.New(), uuid.Nil} {
		wantFault(t, r.Revoke(t.Context(), anna.ID, id), fault.SessionNotFound)
	}
	if err := r.LogOut(t.Context(), anna.ID, his.Session.ID); err != nil {
		t.Fatal(err)
	}
	if ended, err := r.RevokeOthers(t.Context(), anna.ID, uuid.Nil); err != nil || len(ended) != 0 {
		t.Errorf("ended %v, %v", ended, err)
	}
	if !r.alive(t, his.Access) {
		t.Error("a stranger ended the session")
	}
}

func TestRevokingTheOthersLeavesTheOneThatAsks(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	mine, one, two := r.open(t, anna, true), r.open(t, anna, true), r.open(t, anna, false)
	_, pending, err := r.logIn(t, phone, password)
	if err != nil {
		t.Fatal(err)
	}
	code := r.code(t)
	ended, err := r.RevokeOthers(t.Context(), anna.ID, mine.Session.ID)
	if err != nil || len(ended) != 2 {
		t.Fatalf("ended %v, %v", ended, err)
	}
	if r.aliveNow(t, one.Access) || r.aliveNow(t, two.Access) || !r.aliveNow(t, mine.Access) {
		t.Error("not exactly the others are over")
	}
	if tokens, _ := r.logInTrusted(t, phone, one.DeviceTrust); tokens != nil {
		t.Error("another device is still trusted")
	}
	_, err = r.ConfirmLogIn(t.Context(), pending.ID, verification.Code(code), true)
	wantFault(t, err, fault.CodeExpired)
	if ended, err := r.RevokeOthers(t.Context(), anna.ID, mine.Session.ID); err != nil || len(ended) != 0 {
		t.Errorf("a repeat ends %v, %v", ended, err)
	}
	if got := r.logged(t, anna); strings.Count(got, "OTHER_SESSIONS_ENDED") != 1 {
		t.Errorf("the log says %s", got)
	}
}

func TestAnAccountHasSoManySessionsAlsoWhenTheyOpenTogether(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	oldest := r.open(t, anna, false)
	r.clock.Advance(time.Minute)
	second := r.open(t, anna, false)
	r.clock.Advance(time.Minute)
	var opening sync.WaitGroup
	for range 4 {
		opening.Go(func() {
			for range 12 {
				if _, err := r.Open(t.Context(), anna, sessions.Device{Platform: "IOS"}, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	opening.Wait()
	if !r.alive(t, oldest.Access) {
		t.Fatalf("%d sessions are too many", sessions.Most)
	}
	newest := r.open(t, anna, false)
	if r.alive(t, oldest.Access) || !r.alive(t, second.Access) || !r.alive(t, newest.Access) {
		t.Error("not exactly the oldest session is over")
	}
	if list, err := r.List(t.Context(), anna.ID, newest.Session.ID); err != nil || len(list) != sessions.Most {
		t.Errorf("%d sessions are live, %v", len(list), err)
	}
}

func TestALogInWithAPasswordThatWasChangedMeanwhileOpensNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t) // as she was when her password was compared
	r.exec(t, `UPDATE accounts SET password_changed_at = $2 WHERE id = $1`, anna.ID, r.clock.Now())
	_, err := r.Open(t.Context(), anna, sessions.Device{Platform: "IOS"}, false)
	wantFault(t, err, fault.CredentialsRejected)
	fresh, err := postgres.InTx(t.Context(), r.db, func(*postgres.Tx) (models.Account, error) { return r.people.Find(t.Context(), anna.ID) })
	if err != nil {
		t.Fatal(err)
	}
	if tokens := r.open(t, fresh, false); !r.alive(t, tokens.Access) {
		t.Error("with the new one nothing opens either")
	}
}

func TestANewDeviceIsToldToTheConfirmedAddressOfTheOwner(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	anna := r.anna(t)
	logIn := func() sessions.Tokens {
		_, challenge, err := r.logIn(t, phone, password)
		if err != nil {
			t.Fatal(err)
		}
		tokens, err := r.ConfirmLogIn(from(t, "203.0.113.77"), challenge.ID, verification.Code(r.code(t)), true)
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	letters := func() (texts []string) {
		inbox, err := r.inbox.Inbox(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		for _, letter := range inbox {
			texts = append(texts, letter.Subject+letter.Text)
		}
		return texts
	}
	logIn()
	if got := letters(); len(got) != 0 {
		t.Errorf("an address that is not confirmed was told %v", got)
	}
	r.exec(t, `UPDATE accounts SET email_verified_at = now() WHERE id = $1`, anna.ID)
	trusted := logIn()
	got := letters()
	if len(got) != 1 || !strings.Contains(got[0], "Новый вход") || !strings.Contains(got[0], "Pixel 9") || !strings.Contains(got[0], "203.0.113.0/24") {
		t.Fatalf("the letters are %q", got)
	}
	if tokens, _ := r.logInTrusted(t, phone, trusted.DeviceTrust); tokens == nil || len(letters()) != 1 {
		t.Errorf("a trusted device: %v, %d letters", tokens, len(letters()))
	}
}
