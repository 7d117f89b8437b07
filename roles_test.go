package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"purser/internal/delivery/gatewaytest"
	"purser/internal/pgtest"
)

type loggedIn struct {
	LogIn struct {
		Tokens     *struct{ AccessToken string }
		Challenge  *struct{ ID, Method string }
		UserErrors []userError
	}
}

const logInWith = `mutation($l: String!, $p: String!, $t: String) { logIn(input: {login: $l, password: $p, device: {trustToken: $t}}) {
	tokens { accessToken } challenge { id method } userErrors { code message } } }`

// TestInProductionAnOperatorSignsInWithAStrongFactorOnly has two servers on one database, one of which is production. The other has people
// with accounts, which it makes when it starts: production would not start among them.
func TestInProductionAnOperatorSignsInWithAStrongFactorOnly(t *testing.T) {
	t.Parallel()
	dsn, key := pgtest.DSN(t), "SECRET_KEY="+ownKey
	production := newOutside(t).startProduction(t, dsn)
	beside := startServer(t, dsn, key)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		command := exec.Command(path, append([]string{"operators"}, args...)...)
		command.Env = append(os.Environ(), "DATABASE_URL="+dsn, key)
		out, err := command.CombinedOutput()
		return string(out), err
	}
	logIn := func(login, password, trust string) loggedIn {
		return ask[loggedIn](production.client(t), logInWith, vars{"l": login, "p": password, "t": trust})
	}

	beside.client(t).operator() // in development password and SMS are enough
	refused := logIn("operator@purser.test", "operator-password", "").LogIn
	if refused.Challenge != nil || len(refused.UserErrors) != 1 || refused.UserErrors[0].Code != "SECOND_FACTOR_REQUIRED" || !strings.Contains(refused.UserErrors[0].Message, "passkey") {
		t.Errorf("an operator without a factor: %+v", refused)
	}
	if stranger := logIn("operator@purser.test", "a guess", "").LogIn; len(stranger.UserErrors) != 1 || stranger.UserErrors[0].Code != "CREDENTIALS_REJECTED" {
		t.Errorf("a stranger learns: %+v", stranger)
	}
	if person := logIn("boris@purser.test", "demo-password", "").LogIn; person.Challenge == nil || person.Challenge.Method != "SMS" {
		t.Errorf("a person: %+v", person)
	}

	anna, boris := beside.client(t).anna(), beside.client(t).boris()
	annas, boriss := anna.wmid(), boris.wmid()
	if out, err := run("grant", boriss); err == nil || !strings.Contains(out, "neither") {
		t.Errorf("granted without a factor: %v: %s", err, out)
	}
	secret := ask[struct{ EnableTotp struct{ Secret string } }](anna, `mutation { enableTotp(input: {currentPassword: "demo-password"}) { secret } }`, nil).EnableTotp.Secret
	backup := ask[struct {
		ConfirmTotp struct{ BackupCodes []string }
	}](anna, `mutation($c: String!) { confirmTotp(input: {code: $c}) { backupCodes } }`, vars{"c": appCode(t, secret)}).ConfirmTotp.BackupCodes
	trust := confirmTrusted(t, production, logIn(annas, "demo-password", "").LogIn.Challenge.ID, backup[0])
	if trust == "" {
		t.Fatal("a person's device is not trusted")
	}
	for range 2 { // a repeat does nothing
		if out, err := run("grant", annas); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if out, err := run(); err != nil || !strings.Contains(out, annas) || strings.Contains(out, boriss) {
		t.Errorf("%v: %s", err, out)
	}
	signedOut(anna)

	again := logIn(annas, "demo-password", trust).LogIn
	if again.Tokens != nil || again.Challenge == nil || again.Challenge.Method != "TOTP" {
		t.Fatalf("on a device that was trusted: %+v", again)
	}
	type tokens struct {
		ConfirmLogIn struct {
			Tokens *struct {
				AccessToken      string
				DeviceTrustToken *string
			}
			UserErrors []userError
		}
	}
	in := ask[tokens](production.client(t), confirmAndTrust, vars{"i": again.Challenge.ID, "c": backup[1]}).ConfirmLogIn
	if in.Tokens == nil || in.Tokens.DeviceTrustToken != nil {
		t.Fatalf("an operator's device is trusted: %+v", in)
	}
	operator := production.client(t).as(in.Tokens.AccessToken)
	off := ask[struct {
		DisableTotp struct{ UserErrors []userError }
	}](operator, `mutation($c: String!) { disableTotp(input: {code: $c}) { userErrors { code } } }`, vars{"c": backup[2]}).DisableTotp
	if len(off.UserErrors) != 1 || off.UserErrors[0].Code != "SECOND_FACTOR_REQUIRED" {
		t.Errorf("an operator's last factor: %+v", off)
	}
	const queue = `{ certificateReviews { pageInfo { hasNextPage } } }`
	if r, err := operator.try(queue, nil); err != nil || len(r.Errors) != 0 {
		t.Errorf("the operators' queue: %+v, %v", r.Errors, err)
	}
	if out, err := run("withdraw", annas); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	signedOut(operator)
	if out, err := run("promote", annas); err == nil || !strings.Contains(out, "operators grant WMID") {
		t.Errorf("%v: %s", err, out)
	}
	if log := actions(t, dsn, annas); log != "ROLE_GRANTED ROLE_WITHDRAWN" {
		t.Errorf("the operators' log has: %s", log)
	}
}

const confirmAndTrust = `mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c, trustDevice: true}) {
	tokens { accessToken deviceTrustToken } userErrors { code } } }`

func confirmTrusted(t *testing.T, s *server, challenge, code string) string {
	t.Helper()
	return ask[struct {
		ConfirmLogIn struct {
			Tokens struct{ DeviceTrustToken string }
		}
	}](s.client(t), confirmAndTrust, vars{"i": challenge, "c": code}).ConfirmLogIn.Tokens.DeviceTrustToken
}

// signedOut waits until a client's session has ended, which another process sees within a second.
func signedOut(c *client) {
	c.t.Helper()
	gatewaytest.Await(c.t, "the end of a session", func() bool {
		r, err := c.try(`{ viewer { wmid } }`, nil)
		return err == nil && len(r.Errors) == 1 && r.Errors[0].Extensions.Code == "UNAUTHENTICATED"
	})
}

func (c *client) wmid() string {
	return ask[struct{ Viewer struct{ Wmid string } }](c, `{ viewer { wmid } }`, nil).Viewer.Wmid
}

// actions is what the operators' log says of a subject.
func actions(t *testing.T, dsn, subject string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context()) //nolint:errcheck // it has only read
	var all string
	if err := conn.QueryRow(t.Context(), `SELECT string_agg(action, ' ' ORDER BY created_at) FROM operator_actions WHERE subject = $1`, subject).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}
