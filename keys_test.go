package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TestRow24AKeyIsRotatedUnderLoadAndNoGoodTokenIsRefused has apps renew their tokens at one server and use them at the other, until the
// new key has signed at both.
func TestRow24AKeyIsRotatedUnderLoadAndNoGoodTokenIsRefused(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (string, error) {
		command := exec.Command(path, append([]string{"keys"}, args...)...)
		command.Env = append(os.Environ(), "DATABASE_URL="+dsn)
		out, err := command.Output()
		return string(out), err
	}
	apps := []*client{one.client(t).anna(), one.client(t).boris()}
	out, err := run("rotate")
	if err != nil || !strings.Contains(out, " signs from ") {
		t.Fatalf("%v: %s", err, out)
	}
	kid, _, _ := strings.Cut(out, " ")
	if out, err := run("rotate"); err == nil {
		t.Errorf("a second rotation: %s", out)
	}
	if out, err := run(); err != nil || strings.Count(out, "\n") != 2 || !strings.Contains(out, kid+"  signs from") || !strings.Contains(out, "  signs until") {
		t.Errorf("%v: %s", err, out)
	}

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var using sync.WaitGroup
	for i, app := range apps {
		renewing, other := one, two
		if i == 1 {
			renewing, other = two, one
		}
		using.Go(func() {
			for refresh := app.refresh; ctx.Err() == nil; {
				r, err := app.as("").at(renewing).try(`mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken refreshToken } } }`, vars{"r": refresh})
				if err != nil || len(r.Errors) > 0 {
					t.Errorf("renewing: %+v, %v", r.Errors, err)
					return
				}
				tokens := decode[struct {
					RefreshSession struct {
						Tokens struct{ AccessToken, RefreshToken string }
					}
				}](app, r).RefreshSession.Tokens
				refresh = tokens.RefreshToken
				for _, server := range []*server{other, renewing} {
					if r, err := app.as(tokens.AccessToken).at(server).try(`{ viewer { wmid } }`, nil); err != nil || len(r.Errors) > 0 {
						t.Errorf("a fresh token is answered with %+v, %v", r.Errors, err)
						return
					}
				}
				parsed, _, err := jwt.NewParser().ParseUnverified(tokens.AccessToken, jwt.MapClaims{})
				if err != nil {
					t.Error(err)
					return
				}
				if parsed.Header["kid"] == kid {
					return
				}
				select {
				case <-time.After(20 * time.Millisecond):
				case <-ctx.Done():
				}
			}
			t.Error("the new key does not sign")
		})
	}
	using.Wait()
	for _, app := range apps { // a token of the old key, from before
		if r, err := app.at(two).try(`{ viewer { wmid } }`, nil); err != nil || len(r.Errors) > 0 {
			t.Errorf("an older token is answered with %+v, %v", r.Errors, err)
		}
	}
	if out, err := run("remove", kid); err == nil {
		t.Errorf("the key in use was removed: %s", out)
	}
}
