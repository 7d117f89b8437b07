package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

// kept is the token that a browser is handed back; empty for none.
func (b *browser) kept(path string) string {
	b.t.Helper()
	status, text := b.send("GET", path, "")
	if status == http.StatusNoContent {
		return ""
	}
	var answer struct{ Token string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK || answer.Token == "" {
		b.t.Fatalf("%s: %d, %s: %v", path, status, text, err)
	}
	return answer.Token
}

func (b *browser) keeps(path, token string) (status int, text string) {
	b.t.Helper()
	return b.send("POST", path, `{"token":"`+token+`"}`)
}

// begun is the token of a registration that has begun.
func (c *client) begun(phone string) string {
	c.t.Helper()
	return ask[struct {
		StartRegistration struct{ Registration registering }
	}](c, `mutation($p: PhoneNumber!) { startRegistration(input: {phone: $p}) { registration { token } } }`, vars{"p": phone}).StartRegistration.Registration.Token
}

// TestRow37ARegistrationIsKeptInACookieAlone closes the tab, which is nothing to a browser: it asks again, at any server.
func TestRow37ARegistrationIsKeptInACookieAlone(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s, other := startServer(t, dsn, "REGISTRATION_TTL=168h"), startServer(t, dsn)
	b, anna := newBrowser(t, s), s.client(t).anna()
	const path = "/web/registration"
	if token := b.kept(path); token != "" || len(b.cookies) != 0 {
		t.Fatalf("a new browser is handed %q, and has %v", token, b.cookies)
	}
	first, second := anna.as("").begun("+79165550101"), anna.as("").begun("+79165550102")
	if status, text := b.keeps(path, first); status != http.StatusNoContent || strings.Contains(text, first) {
		t.Fatalf("%d, %s", status, text)
	}
	c := b.cookies["purser_registration"]
	if c == nil || c.Path != path || c.MaxAge <= 0 || c.MaxAge > int((24*time.Hour).Seconds()) {
		t.Fatalf("kept too wide or too long: %v", c)
	}
	b.url = other.URL
	if token := b.kept(path); token != first {
		t.Errorf("handed back: %q", token)
	}
	if b.keeps(path, second); b.kept(path) != second {
		t.Error("another registration does not take the place of the one before")
	}
	if status, _ := b.send("DELETE", path, ""); status != http.StatusNoContent || b.kept(path) != "" {
		t.Errorf("forgotten: %d, %v", status, b.cookies)
	}
	if status, _ := b.send("DELETE", path, ""); status != http.StatusNoContent {
		t.Errorf("forgotten again: %d", status)
	}
	b.keeps(path, first)
	b.send("POST", "/web/session", `{"refreshToken":"`+anna.refresh+`"}`)
	if b.kept(path) != "" || len(b.cookies) != 1 {
		t.Errorf("who has logged in finds what was begun before: %v", b.cookies)
	}
	b.keeps(path, first)
	if b.send("POST", "/web/session", `{}`); b.kept(path) != first {
		t.Error("a session that is renewed forgets what was begun")
	}
	if b.send("DELETE", "/web/session", ""); len(b.cookies) != 0 {
		t.Errorf("who has logged out leaves %v", b.cookies)
	}
}

// TestRow37ALetterAboutALostPhoneIsKeptForAnHour has a browser that may be somebody else's when the two days are over.
func TestRow37ALetterAboutALostPhoneIsKeptForAnHour(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	b, c := newBrowser(t, s), s.client(t)
	ask[struct{}](c, `mutation { startLostPhoneRecovery(input: {login: "anna@purser.test"}) { expiresAt } }`, nil)
	token := tokenOf(c.newestLink("anna@purser.test"))
	if status, text := b.keeps("/web/lost-phone", token); status != http.StatusNoContent {
		t.Fatalf("%d, %s", status, text)
	}
	if kept := b.cookies["purser_lost_phone"]; kept == nil || kept.Path != "/web/lost-phone" || kept.MaxAge <= 0 || kept.MaxAge > 3600 {
		t.Errorf("kept too wide or too long: %v", kept)
	}
	if b.kept("/web/lost-phone") != token || b.kept("/web/registration") != "" {
		t.Error("it is not handed back, or in another's place")
	}
	if status, text := b.keeps("/web/registration", token); status != http.StatusGone || !strings.Contains(text, `"code":"REGISTRATION_EXPIRED"`) {
		t.Errorf("as a registration: %d, %s", status, text)
	}

	// Its two days are over in ten minutes; then they are over.
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for wait, want := range map[string]int{"10 minutes": http.StatusNoContent, "-1 second": http.StatusGone} {
		if _, err := db.Pool.Exec(t.Context(), `UPDATE recoveries SET ready_at = now() + $1::text::interval`, wait); err != nil {
			t.Fatal(err)
		}
		b.send("DELETE", "/web/lost-phone", "")
		status, text := b.keeps("/web/lost-phone", token)
		if kept := b.cookies["purser_lost_phone"]; status != want || (kept != nil) != (want == http.StatusNoContent) || (kept != nil && kept.MaxAge > 600) {
			t.Errorf("two days that end in %s: %d, %s, %v", wait, status, text, kept)
		}
	}
}

func TestRow37NoOtherSiteReachesWhatABrowserKeeps(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	b := newBrowser(t, s)
	own, foreign := s.client(t).begun("+79165550103"), s.client(t).begun("+79165550104")
	b.keeps("/web/registration", own)
	for _, b.site = range []string{"cross-site", "same-site"} {
		for _, method := range []string{"POST", "GET", "DELETE"} {
			status, text := b.send(method, "/web/registration", `{"token":"`+foreign+`"}`)
			if status != http.StatusForbidden || !strings.Contains(text, `"code":"FORBIDDEN"`) || strings.Contains(text, own) {
				t.Errorf("%s from a %s page: %d, %s", method, b.site, status, text)
			}
		}
	}
	for _, method := range []string{"POST", "GET", "DELETE"} { // of a browser that says no more than its origin
		status, header, text := s.client(t).raw(method, "/web/registration", `{"token":"`+foreign+`"}`, "Content-Type", asJSON, "Origin", "https://foreign.example",
			"Cookie", "purser_registration="+own)
		if status != http.StatusForbidden || header.Get("Set-Cookie") != "" || strings.Contains(text, own) {
			t.Errorf("%s from another origin: %d, %s", method, status, text)
		}
	}
	if b.site = "same-origin"; b.kept("/web/registration") != own {
		t.Error("another site has changed what is kept")
	}
}

func TestABrowserKeepsNothingThatIsNoRegistration(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "REGISTRATION_TTL=15m")
	b, c := newBrowser(t, s), s.client(t)
	good := c.begun("+79165550105")
	b.keeps("/web/registration", good)
	for name, wrong := range map[string]struct {
		body   string
		status int
	}{
		"nothing": {"", http.StatusBadRequest}, "no JSON": {"{", http.StatusBadRequest}, "no token": {`{}`, http.StatusBadRequest}, "an empty one": {`{"token":""}`, http.StatusBadRequest},
		"a number": {`{"token":1}`, http.StatusBadRequest}, "a long one": {`{"token":"` + strings.Repeat("a", 600) + `"}`, http.StatusBadRequest},
		"too much": {`{"token":"` + strings.Repeat("a", 8<<10) + `"}`, http.StatusBadRequest}, "an invented one": {`{"token":"aaaa"}`, http.StatusGone},
		"what would be another cookie": {`{"token":"aaaa; Path=/"}`, http.StatusGone}, "half of one": {`{"token":"` + good[:20] + `"}`, http.StatusGone},
	} {
		if status, text := b.send("POST", "/web/registration", wrong.body); status != wrong.status || strings.Contains(text, "aaaa") || b.kept("/web/registration") != good {
			t.Errorf("%s: %d, %s", name, status, text)
		}
	}
	for _, form := range []string{"text/plain", "application/x-www-form-urlencoded", ""} {
		for _, path := range []string{"/web/registration", "/web/lost-phone", "/web/session"} {
			if status, header, _ := c.raw("POST", path, `{"token":"`+good+`"}`, "Content-Type", form); status != http.StatusUnsupportedMediaType || header.Get("Set-Cookie") != "" {
				t.Errorf("%s as %q: %d", path, form, status)
			}
		}
	}
	_, header, _ := c.raw("GET", "/web/registration", "", "Cookie", "purser_registration="+good)
	if header.Get("Cache-Control") != "no-store" {
		t.Errorf("what is handed back may be stored: %v", header)
	}
	if most := b.cookies["purser_registration"].MaxAge; most > 15*60 {
		t.Errorf("it is kept for %d s, longer than it lives", most)
	}
}

// TestRow37WhatIsKeptIsSecureInProduction has the prefix in the name, and is read by it.
func TestRow37WhatIsKeptIsSecureInProduction(t *testing.T) {
	t.Parallel()
	s, production := besideProduction(t)
	token := s.client(t).begun("+79165550106")
	b := newBrowser(t, s)
	b.url = production.url
	b.keeps("/web/registration", token)
	if c := b.cookies["__Secure-purser_registration"]; len(b.cookies) != 1 || c == nil || !c.Secure || b.kept("/web/registration") != token {
		t.Errorf("the browser has %v", b.cookies)
	}
}
