package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"purser/internal/operators"
	"purser/internal/pgtest"
)

// TestProductionDoesNotServeDemoPeople has a database from a laptop, with people whose passwords stand in the README. Whoever changes these can go on with it.
func TestProductionDoesNotServeDemoPeople(t *testing.T) {
	t.Parallel()
	dsn, o := pgtest.DSN(t), newOutside(t)
	laptop := startServer(t, dsn, "SECRET_KEY="+ownKey)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for i, login := range operators.DemoLogins {
		command := exec.CommandContext(t.Context(), path)
		command.Env = append(append(os.Environ(), "DATABASE_URL="+dsn, "LISTEN_ADDR=127.0.0.1:0"), o.production()...)
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "change the password") || !strings.Contains(string(out), "DATABASE_URL") {
			t.Fatalf("with %d passwords changed production started, or does not say what to do: %v: %s", i, err, out)
		}
		for j, other := range operators.DemoLogins {
			if named := strings.Contains(string(out), other.Email); named != (j >= i) {
				t.Errorf("with %d passwords changed %s is named: %v: %s", i, other.Email, named, out)
			}
		}
		if strings.Contains(string(out), login.Password) || strings.Contains(string(out), `"msg":"serving"`) {
			t.Errorf("it served, or shows a password: %s", out)
		}
		r, err := laptop.client(t).logIn(login.Email, login.Password, login.Phone).try(`mutation($p: String!) { changePassword(input: {currentPassword: $p,
			newPassword: "a swim in the sea", newPasswordConfirmation: "a swim in the sea"}) { userErrors { code } } }`, vars{"p": login.Password})
		if err != nil || !strings.Contains(string(r.Data), `"userErrors":[]`) {
			t.Fatalf("the password of %s: %s %+v, %v", login.Email, r.Data, r.Errors, err)
		}
	}
	o.startProduction(t, dsn)
}
