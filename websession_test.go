package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// browser is what a browser keeps and what it says of where a request comes from.
type browser struct {
	t       *testing.T
	url     string
	cookies map[string]*http.Cookie
	told    *told
	site    string // Sec-Fetch-Site
}

func (b *browser) send(method, path, body string) (status int, text string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", asJSON)
	request.Header.Set("Sec-Fetch-Site", b.site)
	for _, c := range b.cookies {
		if strings.HasPrefix(path, c.Path) {
			request.AddCookie(c)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // read to its end
	read, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.told.asked(body, nil)
	b.told.answered([]byte(body))
	b.told.answered(read)
	for _, c := range response.Cookies() {
		b.told.note("cookie", c.Value)
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			b.t.Errorf("a cookie that scripts or other sites have: %s", c)
		}
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return response.StatusCode, string(read)
}

// access is the access token of an answer.
func (b *browser) access(text string) string {
	b.t.Helper()
	var answer struct{ AccessToken string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.AccessToken == "" {
		b.t.Fatalf("no access token in %s: %v", text, err)
	}
	return answer.AccessToken
}

func newBrowser(t *testing.T, s *server) *browser {
	return &browser{t: t, url: s.URL, cookies: map[string]*http.Cookie{}, told: s.told, site: "same-origin"}
}

func (c *client) isAlive() bool {
	status, _, _ := c.raw("POST", "/graphql", `{"query":"{viewer{wmid}}"}`, "Content-Type", asJSON, "Authorization", "Bearer "+c.token)
	return status == http.StatusOK
}

func TestRow37ABrowsersSessionIsInACookieAlone(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s, other := startServer(t, dsn), startServer(t, dsn)
	anna := s.client(t).anna()
	b := newBrowser(t, s)
	if status, _ := b.send("POST", "/web/session", `{}`); status != http.StatusNoContent || len(b.cookies) != 0 {
		t.Fatalf("a browser without a session is answered with %d and %d cookies", status, len(b.cookies))
	}
	status, text := b.send("POST", "/web/session", `{"refreshToken":"`+anna.refresh+`"}`)
	if status != http.StatusOK || len(b.cookies) != 1 || strings.Contains(text, b.cookies["purser_session"].Value) {
		t.Fatalf("handed over: %d, %s, %v", status, text, b.cookies)
	}
	first := anna.as(b.access(text))
	if !first.isAlive() {
		t.Error("the access token is not good")
	}

	b.url = other.URL // any server renews it
	if status, text = b.send("POST", "/web/session", `{}`); status != http.StatusOK {
		t.Fatalf("renewed: %d, %s", status, text)
	}
	second := anna.as(b.access(text))
	if status, _ = b.send("DELETE", "/web/session", ""); status != http.StatusNoContent || len(b.cookies) != 0 {
		t.Errorf("ended: %d, %v", status, b.cookies)
	}
	if second.at(other).isAlive() {
		t.Error("a session that was ended lives")
	}
	if status, _ = b.send("DELETE", "/web/session", ""); status != http.StatusNoContent {
		t.Errorf("ended again: %d", status)
	}
}

// besideProduction is a server of a laptop, for the codes in its inbox, and a front as in production, on one database.
func besideProduction(t *testing.T) (*server, *client) {
	t.Helper()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	production, _ := frontOn(t, db, func(c *config.Config) { c.AppEnv = config.Production })
	return s, production
}

// TestRow37ASecureCookieSaysSo has a browser that still has the cookie of the name before.
func TestRow37ASecureCookieSaysSo(t *testing.T) {
	t.Parallel()
	s, production := besideProduction(t)
	anna := s.client(t).anna()
	b := newBrowser(t, s)
	b.send("POST", "/web/session", `{"refreshToken":"`+anna.refresh+`"}`)
	b.url = production.url
	for range 2 { // from the old name, then from the new one
		if status, text := b.send("POST", "/web/session", `{}`); status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
		if c := b.cookies["__Secure-purser_session"]; len(b.cookies) != 1 || c == nil || !c.Secure {
			t.Errorf("the browser has %v", b.cookies)
		}
	}
	if b.send("DELETE", "/web/session", ""); len(b.cookies) != 0 {
		t.Errorf("after the end the browser has %v", b.cookies)
	}
}

func TestRow37NoOtherSiteUsesABrowsersSession(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	b := newBrowser(t, s)
	_, text := b.send("POST", "/web/session", `{"refreshToken":"`+anna.refresh+`"}`)
	anna = anna.as(b.access(text))
	for _, site := range []string{"cross-site", "same-site"} {
		b.site = site
		for _, method := range []string{"POST", "DELETE"} {
			if status, text := b.send(method, "/web/session", `{}`); status != http.StatusForbidden || !strings.Contains(text, `"code":"FORBIDDEN"`) {
				t.Errorf("%s from a %s page: %d, %s", method, site, status, text)
			}
		}
	}
	if !anna.isAlive() || len(b.cookies) != 1 {
		t.Error("another site has ended the session")
	}
}

func TestABrowsersSessionRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	b := newBrowser(t, s)
	for name, body := range map[string]string{
		"nothing": "", "no JSON": "{", "a number": `{"refreshToken":1}`, "too much": `{"refreshToken":"` + strings.Repeat("a", 8<<10) + `"}`,
	} {
		if status, text := b.send("POST", "/web/session", body); status != http.StatusBadRequest || strings.Contains(text, "aaaa") {
			t.Errorf("%s: %d, %s", name, status, text)
		}
	}
	if status, _ := b.send("POST", "/web/session", `{"refreshToken":"an invented one"}`); status != http.StatusNoContent || len(b.cookies) != 0 {
		t.Errorf("an invented token: %d, %v", status, b.cookies)
	}
	anna := s.client(t).anna()
	if status, _ := b.send("POST", "/web/session", `{"refreshToken":"`+anna.token+`"}`); status != http.StatusNoContent {
		t.Errorf("an access token as a refresh token: %d", status)
	}
}

// TestATrustedBrowserIsAskedForNoCode uses the trust that a browser keeps where no script reads it.
func TestATrustedBrowserIsAskedForNoCode(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	const logIn = `{"query":"mutation { logIn(input: {login: \"anna@purser.test\", password: \"demo-password\", device: {platform: WEB}}) { tokens { refreshToken deviceTrustToken } challenge { id } } }"}`
	b := newBrowser(t, s)
	var asked struct {
		Data struct {
			LogIn struct{ Challenge struct{ ID string } }
		}
	}
	_, text := b.send("POST", "/graphql", logIn)
	if err := json.Unmarshal([]byte(text), &asked); err != nil || asked.Data.LogIn.Challenge.ID == "" {
		t.Fatalf("a browser that nobody trusts is not asked for a code: %s", text)
	}
	c := s.client(t)
	confirmed := ask[struct {
		ConfirmLogIn struct {
			Tokens struct{ RefreshToken, DeviceTrustToken string }
		}
	}](c, `mutation($i: ConfirmLogInInput!) { confirmLogIn(input: $i) { tokens { refreshToken deviceTrustToken } } }`,
		vars{"i": vars{"challengeId": asked.Data.LogIn.Challenge.ID, "code": c.newestCode("+79000000002"), "trustDevice": true}}).ConfirmLogIn.Tokens
	handed, err := json.Marshal(map[string]string{"refreshToken": confirmed.RefreshToken, "deviceTrustToken": confirmed.DeviceTrustToken})
	if err != nil || confirmed.DeviceTrustToken == "" {
		t.Fatalf("no trust in %+v: %v", confirmed, err)
	}
	b.send("POST", "/web/session", string(handed))
	b.send("DELETE", "/web/session", "")
	if _, text = b.send("POST", "/graphql", logIn); !strings.Contains(text, `"challenge":null`) {
		t.Errorf("a trusted browser is asked for a code: %s", text)
	}
	if _, text = newBrowser(t, s).send("POST", "/graphql", logIn); !strings.Contains(text, `"tokens":null`) {
		t.Errorf("another browser is trusted: %s", text)
	}
}
