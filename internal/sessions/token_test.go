package sessions_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/models"
)

// forge makes access tokens: by itself a perfect one, else with what a case changes.
type forge struct {
	method jwt.SigningMethod
	key    any
	header map[string]any // nil leaves a name out
	claims map[string]any
}

func newForge(t *testing.T, r room, real sessions.Tokens) forge {
	t.Helper()
	var row models.SigningKey
	if err := r.db.GORM(t.Context()).Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	seed, err := r.box.Open(secret.SigningKeys, row.SealedSeed, row.KID)
	if err != nil {
		t.Fatal(err)
	}
	now := r.clock.Now().Unix()
	return forge{
		method: jwt.SigningMethodEdDSA, key: ed25519.NewKeyFromSeed(seed),
		header: map[string]any{"typ": "at+jwt", "kid": row.KID},
		claims: map[string]any{
			"iss": "purser", "aud": []string{"purser-api"}, "sub": real.Account.ID.String(), "sid": real.Session.ID.String(), "jti": uuid.NewString(),
			"iat": now, "nbf": now, "exp": now + 900,
		},
	}
}

func (f forge) with(header, claims map[string]any) forge {
	f.header, f.claims = changed(f.header, header), changed(f.claims, claims)
	return f
}

func (f forge) claim(name string, value any) forge { return f.with(nil, map[string]any{name: value}) }

func (f forge) head(name string, value any) forge { return f.with(map[string]any{name: value}, nil) }

func (f forge) signedBy(method jwt.SigningMethod, key any) forge {
	f.method, f.key = method, key
	return f
}

func (f forge) token(t *testing.T) string {
	t.Helper()
	unsigned := jwt.NewWithClaims(f.method, jwt.MapClaims(f.claims))
	maps.Copy(unsigned.Header, f.header)
	if f.header["typ"] == nil {
		delete(unsigned.Header, "typ")
	}
	token, err := unsigned.SignedString(f.key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func changed(values, changes map[string]any) map[string]any {
	values = maps.Clone(values)
	for name, value := range changes {
		values[name] = value
		if value == nil {
			delete(values, name)
		}
	}
	return values
}

func TestRow22And23ForgedTokensOpenNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	real := r.open(t, r.anna(t), true)
	boris := r.open(t, r.person(t, "+79007654321", "boris@example.com"), false)
	perfect := newForge(t, r, real)
	public := perfect.key.(ed25519.PrivateKey).Public().(ed25519.PublicKey)
	stranger, strangerKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := r.clock.Now().Unix()
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger)}
	byStranger := perfect.signedBy(jwt.SigningMethodEdDSA, strangerKey)

	if !r.alive(t, real.Access) || !r.alive(t, perfect.token(t)) {
		t.Fatal("the real token, or the perfect forgery, is refused: the cases below prove nothing")
	}
	for what, f := range map[string]forge{
		"alg none":                       perfect.signedBy(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"HS256 with the public key":      perfect.signedBy(jwt.SigningMethodHS256, []byte(public)),
		"HS512 with the public key":      perfect.signedBy(jwt.SigningMethodHS512, []byte(public)),
		"another key under our kid":      byStranger,
		"another key under its own kid":  byStranger.head("kid", "stranger"),
		"another key in a jwk header":    byStranger.head("jwk", jwk),
		"our key beside a jwk header":    perfect.head("jwk", jwk),
		"a jku header":                   perfect.head("jku", "https://evil.example/jwks.json"),
		"an x5u header":                  perfect.head("x5u", "https://evil.example/cert"),
		"an x5c header":                  perfect.head("x5c", []string{"AAAA"}),
		"a crit header":                  perfect.head("crit", []string{"exp"}),
		"an unknown kid":                 perfect.head("kid", "unknown"),
		"a kid that is SQL":              perfect.head("kid", "' OR true --"),
		"a kid that is a number":         perfect.head("kid", 1),
		"no kid":                         perfect.head("kid", nil),
		"the type of any JWT":            perfect.head("typ", "JWT"),
		"no type":                        perfect.head("typ", nil),
		"another issuer":                 perfect.claim("iss", "purser.evil.example"),
		"no issuer":                      perfect.claim("iss", nil),
		"another audience":               perfect.claim("aud", "other-api"),
		"no audience":                    perfect.claim("aud", nil),
		"an end in the past":             perfect.claim("exp", now-1),
		"an end just now":                perfect.claim("exp", now),
		"no end":                         perfect.claim("exp", nil),
		"an end that is a word":          perfect.claim("exp", "never"),
		"a beginning to come":            perfect.claim("nbf", now+60),
		"issued in the future":           perfect.claim("iat", now+60),
		"another account's session":      perfect.claim("sid", boris.Session.ID.String()),
		"another account":                perfect.claim("sub", boris.Account.ID.String()),
		"a session that never was":       perfect.claim("sid", uuid.NewString()),
		"a session that is no id":        perfect.claim("sid", "1"),
		"no session":                     perfect.claim("sid", nil),
		"no account":                     perfect.claim("sub", nil),
		"the system's account":           perfect.claim("sub", models.SystemAccountID.String()),
		"nothing but a perfect envelope": {perfect.method, perfect.key, perfect.header, map[string]any{}},
	} {
		_, err := r.Authenticate(t.Context(), f.token(t))
		if faults, _ := fault.All(err); len(faults) != 1 || faults[0].Code != fault.Unauthenticated {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestRow23BrokenTokensOpenNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	real := r.open(t, r.anna(t), true)
	part := strings.Split(real.Access, ".")
	theirs := strings.Split(r.open(t, r.person(t, "+79007654321", "boris@example.com"), false).Access, ".")
	for what, token := range map[string]string{
		"nothing": "", "a dot": ".", "two dots": "..", "words": "not a token", "NUL": "\x00", "much": strings.Repeat("a.", 1<<16),
		"no signature": part[0] + "." + part[1] + ".", "no third part": part[0] + "." + part[1], "a fourth part": real.Access + ".AAAA",
		"another's claims":    part[0] + "." + theirs[1] + "." + part[2],
		"another's signature": part[0] + "." + part[1] + "." + theirs[2],
		"padding":             real.Access + "==", "a blank": " " + real.Access, "a scheme": "Bearer " + real.Access,
	} {
		if r.alive(t, token) {
			t.Errorf("%s opened the door", what)
		}
	}
}

func TestRow25OtherTokensAreNoAccessTokens(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	tokens := r.open(t, r.anna(t), true)
	for what, token := range map[string]string{"a refresh token": tokens.Refresh, "a trust token": tokens.DeviceTrust, "a session's id": tokens.Session.ID.String()} {
		if r.alive(t, token) {
			t.Errorf("%s opened the door", what)
		}
	}
}

func TestRow22AccessTokensAreShortLived(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	tokens := r.open(t, r.anna(t), false)
	if !tokens.AccessExpiresAt.Equal(r.clock.Now().Add(accessTTL)) || accessTTL > 15*time.Minute {
		t.Errorf("it ends at %s", tokens.AccessExpiresAt)
	}
	r.clock.Advance(accessTTL - time.Second)
	if !r.alive(t, tokens.Access) {
		t.Error("a second before its end it is refused")
	}
	r.clock.Advance(time.Second)
	if r.alive(t, tokens.Access) {
		t.Error("it goes on after its end")
	}
}

// TestAnAccountIsReadAgainWhenItHasChanged has what its sessions may do change elsewhere, at another server or by hand.
func TestAnAccountIsReadAgainWhenItHasChanged(t *testing.T) {
	t.Parallel()
	clock, seen := pgtest.NewClock(), &asked{}
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now, Tracer: seen}), clock)
	anna := r.anna(t)
	opened := r.open(t, anna, false)
	authenticate := func(later time.Duration) (identity sessions.Identity, reads, looks int) {
		r.AgeSessionsBy(later)
		seen.take()
		identity, err := r.Authenticate(t.Context(), opened.Access)
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range seen.take() {
			if strings.Contains(sql, "a.*") {
				reads++
			} else {
				looks++
			}
		}
		return identity, reads, looks
	}
	for _, c := range []struct {
		what         string
		later        time.Duration
		sql          string
		reads, looks int
		status       string
	}{
		{"at first", time.Second, "", 1, 0, models.AccountActive},
		{"unchanged", time.Second, "", 0, 1, models.AccountActive},
		{"locked by somebody", time.Second, `SELECT 1 FROM accounts WHERE id = $1 FOR UPDATE`, 0, 1, models.AccountActive},
		{"unchanged for a minute", time.Minute, "", 1, 0, models.AccountActive},
		{"frozen", time.Second, `UPDATE accounts SET status = 'FROZEN' WHERE id = $1`, 1, 1, models.AccountFrozen},
		{"frozen, and known", time.Second, "", 0, 1, models.AccountFrozen},
	} {
		if c.sql != "" {
			r.exec(t, c.sql, anna.ID)
		}
		identity, reads, looks := authenticate(c.later)
		if reads != c.reads || looks != c.looks || identity.Account.Status != c.status || identity.Account.FirstName != anna.FirstName || identity.Recalled {
			t.Errorf("%s: %d reads, %d looks, %+v", c.what, reads, looks, identity)
		}
	}
	r.exec(t, `UPDATE sessions SET revoked_at = now() WHERE account_id = $1`, anna.ID)
	r.AgeSessions()
	_, err := r.Authenticate(t.Context(), opened.Access)
	wantFault(t, err, fault.Unauthenticated)
}
