package verification_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"purser/internal/fault"
	"purser/internal/verification"
)

func TestRow01CodesAreSixRandomDigits(t *testing.T) {
	t.Parallel()
	const codes = 10_000
	var counts [verification.CodeLength][10]float64
	for range codes {
		code := verification.NewCode()
		if len(code) != verification.CodeLength || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("%q is a code", code)
		}
		for at := range code {
			counts[at][code[at]-'0']++
		}
	}
	for at, digits := range counts {
		chiSquare := 0.0
		for _, seen := range digits {
			chiSquare += (seen - codes/10) * (seen - codes/10) / (codes / 10)
		}
		if chiSquare > 60 { // nine degrees of freedom: a fair source gets there once in a billion times
			t.Errorf("place %d: chi-square is %.0f for %v", at, chiSquare, digits)
		}
	}
}

func TestRow02CodeLivesForItsTime(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	begun := r.begin(t, verification.LogIn, phone)
	late := r.begin(t, verification.Transfer, phone2)
	if !begun.ExpiresAt.Equal(r.clock.Now().Add(ttl)) {
		t.Errorf("it ends at %s, want after %s", begun.ExpiresAt, ttl)
	}

	r.clock.Advance(ttl - time.Second)
	if err := r.check(begun.ID, verification.LogIn, r.code(t, phone)); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	r.clock.Advance(time.Second)
	wantFault(t, r.check(late.ID, verification.Transfer, r.code(t, phone2)), fault.CodeExpired)
	r.clock.Advance(time.Second)
	wantFault(t, r.check(late.ID, verification.Transfer, r.code(t, phone2)), fault.CodeExpired)
}

func TestRow03CodeWorksOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	code := r.code(t, phone)
	var won, refused atomic.Int64
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			switch err := r.check(challenge.ID, verification.LogIn, code); {
			case err == nil:
				won.Add(1)
			case fault.Is(err, fault.CodeExpired):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	if won.Load() != 1 || refused.Load() != 49 {
		t.Errorf("of 50 uses %d won and %d were refused, want 1 and 49", won.Load(), refused.Load())
	}
}

func TestRow04WrongTriesKillTheChallenge(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	code := r.code(t, phone)
	for n := range verification.Attempts {
		err := r.check(challenge.ID, verification.LogIn, wrong(code, n))
		wantFault(t, err, fault.CodeRejected)
		if faults, _ := fault.All(err); len(faults) == 1 {
			if left := faults[0].Facts.(fault.AttemptsFacts).Left; left != verification.Attempts-1-n {
				t.Errorf("after %d wrong codes %d attempts are left", n+1, left)
			} else if said := faults[0].Reason == "last_try"; said != (left == 0) {
				t.Errorf("with %d attempts left another code is asked for: %t", left, said)
			}
		}
	}
	wantFault(t, r.check(challenge.ID, verification.LogIn, code), fault.CodeExpired)
}

func TestRow05TriesCountHoweverTheyCome(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	code := r.code(t, phone)
	var rejected, dead atomic.Int64
	var running sync.WaitGroup
	for n := range 20 {
		running.Go(func() {
			switch err := r.check(challenge.ID, verification.LogIn, wrong(code, n)); {
			case fault.Is(err, fault.CodeRejected):
				rejected.Add(1)
			case fault.Is(err, fault.CodeExpired):
				dead.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	running.Wait()
	if rejected.Load() != verification.Attempts || dead.Load() != 20-verification.Attempts {
		t.Errorf("of 20 tries at once %d were looked at, want %d", rejected.Load(), verification.Attempts)
	}

	// New challenges bring new tries, but not more than a hundred in a day.
	for range perDay - 1 {
		r.begin(t, verification.LogIn, phone)
	}
	_, err := r.tryBegin(verification.LogIn, phone)
	wantFault(t, err, fault.RateLimited)
	if most := perDay * verification.Attempts; most > 100 {
		t.Errorf("a stranger has %d tries a day", most)
	}
}

func TestRow07CodeIsBoundToItsChallengeAndPurpose(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	mine, other := r.begin(t, verification.LogIn, phone), r.begin(t, verification.LogIn, phone2)
	payment := r.begin(t, verification.Transfer, "+79000000009")
	myCode, otherCode, paymentCode := r.code(t, phone), r.code(t, phone2), r.code(t, "+79000000009")

	if myCode != otherCode { // one time in a million they are the same
		wantFault(t, r.check(other.ID, verification.LogIn, myCode), fault.CodeRejected)
	}
	for _, purpose := range []verification.Purpose{verification.Registration, verification.Transfer, verification.Policy, ""} {
		wantFault(t, r.check(mine.ID, purpose, myCode), fault.CodeExpired)
	}
	wantFault(t, r.check(payment.ID, verification.LogIn, paymentCode), fault.CodeExpired)
	wantFault(t, r.check(uuid.New(), verification.LogIn, myCode), fault.CodeExpired)

	if err := r.check(mine.ID, verification.LogIn, myCode); err != nil {
		t.Errorf("the right code in its place, after strangers' tries: %v", err)
	}
	if err := r.check(payment.ID, verification.Transfer, paymentCode); err != nil {
		t.Errorf("the payment's code in its place: %v", err)
	}
}

func TestRow08CodesAreNotInTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	code := r.code(t, phone)
	bare := sha256.Sum256([]byte(code))
	dump := dumpOf(t, r)
	if !strings.Contains(dump, challenge.ID.String()) {
		t.Fatal("the dump does not even show the challenge")
	}
	for what, trace := range map[string]string{
		"the code":          `\b` + code + `\b`,
		"the code in bytes": hex.EncodeToString([]byte(code)),
		"a bare hash":       hex.EncodeToString(bare[:]),
	} {
		if regexp.MustCompile(trace).MatchString(dump) {
			t.Errorf("%s stands in the database", what)
		}
	}
}

// dumpOf is every row of every table.
func dumpOf(t *testing.T, r room) string {
	t.Helper()
	rows, err := r.db.Pool.Query(t.Context(), `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, table := range tables {
		var text string
		sql := fmt.Sprintf(`SELECT coalesce(string_agg(t::text, E'\n'), '') FROM %s t`, pgx.Identifier{table}.Sanitize())
		if err := r.db.Pool.QueryRow(t.Context(), sql).Scan(&text); err != nil {
			t.Fatal(err)
		}
		dump.WriteString(table + "\n" + text + "\n")
	}
	return dump.String()
}

func TestACodeThatIsNoCodeCostsNoAttempt(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	challenge := r.begin(t, verification.LogIn, phone)
	code := r.code(t, phone)
	for _, typed := range []string{"", "12345", "1234567", "abcdef", "１２３４５６", "12345\x00", "-12345", strings.Repeat("1", 1<<16)} {
		wantFault(t, r.check(challenge.ID, verification.LogIn, typed), fault.InvalidInput)
	}
	if kept, err := r.Find(t.Context(), challenge.ID); err != nil || kept.AttemptsLeft != verification.Attempts {
		t.Errorf("%d attempts are left, %v", kept.AttemptsLeft, err)
	}
	if err := r.check(challenge.ID, verification.LogIn, " "+code[:3]+" "+code[3:]+" "); err != nil {
		t.Errorf("a code with blanks between its digits: %v", err)
	}
}
