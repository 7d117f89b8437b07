package main

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"purser/internal/pgtest"
)

// dump is all that a copy of the database would show.
func dump(t *testing.T, dsn string) []byte {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // nothing is left to lose
	rows, err := conn.Query(t.Context(), `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	var all bytes.Buffer
	for _, table := range tables {
		if _, err := conn.PgConn().CopyTo(t.Context(), &all, "COPY "+table+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

func TestRow08ACopyOfTheDatabaseNamesNobody(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	c, operator := s.client(t), s.client(t).operator()
	const phone, newPhone, email, newEmail = "+79165550101", "+79165550202", "Feofania.Before@private.test", "feofania.after@private.test"

	begun := ask[struct {
		StartRegistration struct{ Registration struct{ Token string } }
	}](c, `mutation($p: PhoneNumber!) { startRegistration(input: {phone: $p}) { registration { token } userErrors { code } } }`, vars{"p": phone})
	token := begun.StartRegistration.Registration.Token
	ask[any](c, `mutation($t: String!, $e: EmailAddress!) { submitRegistrationProfile(input: {token: $t, email: $e, securityQuestion: "Whose icebreaker?",
		securityAnswer: "Rex", profile: {firstName: "Feofania", middleName: "Tikhonovna", lastName: "Zvyagintseva", birthDate: "1987-06-05"}}) { userErrors { code } } }`, vars{"t": token, "e": email})
	ask[any](c, `mutation($t: String!, $c: String!) { verifyRegistrationPhone(input: {token: $t, code: $c}) { userErrors { code } } }`, vars{"t": token, "c": c.newestCode(phone)})
	agreements := ask[struct{ Agreements []struct{ ID string } }](c, `{ agreements { id } }`, nil).Agreements
	made := ask[struct {
		CompleteRegistration struct{ Tokens struct{ AccessToken string } }
	}](c, `mutation($t: String!, $a: [ID!]!) { completeRegistration(input: {token: $t, acceptedAgreements: $a, password: "a walk on the beach",
		passwordConfirmation: "a walk on the beach"}) { tokens { accessToken } userErrors { code } } }`, vars{"t": token, "a": []string{agreements[0].ID, agreements[1].ID}})
	me := c.as(made.CompleteRegistration.Tokens.AccessToken)
	wallet := ask[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](me, `mutation { openWallet(input: {currency: "Z"}) { wallet { number } } }`, nil).OpenWallet.Wallet.Number
	ask[any](operator, issueFunds, vars{"w": wallet, "a": "10", "r": "test", "k": newKey()})

	// What waits for a code or a link: transfers both ways, whose messages name people; a new phone, a new address, a lost phone, a log-in.
	anna := c.anna()
	annaWallet, _ := anna.wallet("Z")
	ask[created](me, createTransfer, vars{"from": wallet, "to": annaWallet, "amount": "1", "key": newKey()})
	ask[created](anna, createTransfer, vars{"from": annaWallet, "to": wallet, "amount": "1", "key": newKey()})
	ask[any](me, `mutation($p: PhoneNumber!) { changePhone(input: {currentPassword: "a walk on the beach", newPhone: $p}) { userErrors { code } } }`, vars{"p": newPhone})
	ask[any](me, `mutation($e: EmailAddress!) { changeEmail(input: {currentPassword: "a walk on the beach", newEmail: $e}) { userErrors { code } } }`, vars{"e": newEmail})
	ask[any](c, `mutation($l: String!) { logIn(input: {login: $l, password: "a walk on the beach"}) { userErrors { code } } }`, vars{"l": strings.ToUpper(email)})
	ask[any](c, `mutation { startRecovery(input: {login: "+79165550101"}) { userErrors { code } } }`, nil)
	if shown := ask[struct {
		Viewer struct{ Phone, SecurityQuestion string }
	}](me, `{ viewer { phone securityQuestion } }`, nil).Viewer; shown.Phone != phone || shown.SecurityQuestion != "Whose icebreaker?" {
		t.Errorf("she herself is shown %+v", shown)
	}

	all := dump(t, dsn)
	lower := bytes.ToLower(all)
	if !bytes.Contains(all, []byte(wallet)) || !bytes.Contains(all, []byte("AWAITING_CONFIRMATION")) {
		t.Fatal("the dump shows nothing at all")
	}
	for _, secret := range []string{
		phone, newPhone, phone[1:], newPhone[1:], email, newEmail, "feofania", "Tikhonovna", "Zvyagintseva", "1987-06-05", "Whose icebreaker", "icebreaker",
		"anna@purser.test", "+79000000002", "boris@purser.test", "+79000000003", "operator@purser.test", "+79000000001", "What is this demo called", "1990-01-01",
	} {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(strings.ToLower(secret)))} {
			if bytes.Contains(lower, []byte(strings.ToLower(form))) {
				t.Errorf("a copy of the database shows %s", secret)
			}
		}
	}
}

func TestDataKeysAreRotatedByACommandBesideRunningServers(t *testing.T) {
	t.Parallel()
	dsn, key := pgtest.DSN(t), strings.Repeat("7a", 32)
	old := startServer(t, dsn)
	anna := old.client(t).anna()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := func(keys string, args ...string) (string, error) {
		command := exec.Command(path, append([]string{"data-keys"}, args...)...)
		command.Env = append(os.Environ(), "DATABASE_URL="+dsn, "DATA_KEYS="+keys)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	if out, err := run("", "rotate"); err != nil || !strings.Contains(out, "accounts: 0 rows") {
		t.Fatalf("with one key there is nothing to do: %s, %v", out, err)
	}
	fresh := startServer(t, dsn, "DATA_KEYS=2026-12:"+key)
	if got := ask[struct{ Viewer struct{ Phone string } }](anna.at(fresh), `{ viewer { phone } }`, nil).Viewer.Phone; got != "+79000000002" {
		t.Errorf("the new server reads %q", got)
	}
	_ = old.cmd.Process.Signal(syscall.SIGTERM)
	<-old.ended
	out, err := run("2026-12:"+key, "rotate")
	if err != nil || !strings.Contains(out, "accounts: 3 rows sealed anew") || strings.Contains(out, key) {
		t.Fatalf("%s, %v", out, err)
	}
	if out, err := run("2026-12:"+key, "rotate"); err != nil || !strings.Contains(out, "accounts: 0 rows") {
		t.Errorf("a repeat: %s, %v", out, err)
	}
	if out, err := run("2026-12:" + key); err != nil || !strings.Contains(out, "derived  since") || !strings.Contains(out, "retired") || !strings.Contains(out, "in use") {
		t.Errorf("%s, %v", out, err)
	}
	if got := ask[struct{ Viewer struct{ Phone string } }](anna.at(fresh), `{ viewer { phone } }`, nil).Viewer.Phone; got != "+79000000002" {
		t.Errorf("after the rotation the server reads %q", got)
	}
	fresh.client(t).boris() // whom it finds by the same hash
	if out, err := run("", "rotate"); err == nil || !strings.Contains(out, `the key "2026-12" is missing`) {
		t.Errorf("without the key: %s, %v", out, err)
	}
}
