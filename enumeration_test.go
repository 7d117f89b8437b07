package main

import (
	"fmt"
	"strings"
	"testing"

	"purser/internal/number"
)

// strangerAsks are the doors at which somebody who is not signed in could learn who has an account.
var strangerAsks = map[string]string{
	"logIn":                  `mutation($l: String!) { logIn(input: {login: $l, password: "a wrong password"}) { tokens { accessToken } challenge { id } userErrors { code message field } } }`,
	"startRecovery":          startRecovery,
	"startLostPhoneRecovery": `mutation($l: String!) { startLostPhoneRecovery(input: {login: $l}) { expiresAt userErrors { code message field } } }`,
}

// TestRow09WhoExistsIsNotToldAtTheFrontDoor compares whole answers, with their statuses and headers, byte for byte but for tokens, ids, times. How
// long they take is measured by `go run ./bench -enumeration`; here the work is counted: the same statements.
func TestRow09WhoExistsIsNotToldAtTheFrontDoor(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	c := s.client(t)
	annas := c.anna().wmid()
	unknown := number.NewWMID()
	for kind, pair := range map[string][2]string{
		"phone": {"+79000000002", "+79000000999"}, "e-mail": {"anna@purser.test", "nobody@purser.test"}, "WMID": {annas, unknown},
	} {
		for door, query := range strangerAsks {
			var told, work [2]string
			for i, login := range pair {
				r, err := c.try(query, vars{"l": login})
				if err != nil || len(r.Errors) > 0 {
					t.Fatalf("%s, %s: %+v, %v", door, kind, r.Errors, err)
				}
				told[i] = fmt.Sprint(r.status, r.header.Get("Content-Type"), r.header.Get("Cache-Control"), r.header.Get("Content-Length"), len(r.Data),
					different.ReplaceAllString(string(r.Data), `$1`))
				for _, sql := range counted.beside(t, r) {
					if kind == "WMID" && strings.Contains(sql, "phone_mac = ") {
						continue // twelve digits may be a phone, too, whoever has it
					}
					work[i] += sql + "\n"
				}
			}
			if told[0] != told[1] || strings.Contains(told[0], "+7") {
				t.Errorf("%s by %s: somebody is told %s, nobody %s", door, kind, told[0], told[1])
			}
			if work[0] != work[1] || work[0] == "" {
				t.Errorf("%s by %s: for somebody is done\n%sfor nobody\n%s", door, kind, work[0], work[1])
			}
		}
	}
}

// TestRow09ARegistrationTellsWhoHasAnAccountOnlyToWhoHasThePhone: before the code, a phone that has an account and one that has none are one.
func TestRow09ARegistrationTellsWhoHasAnAccountOnlyToWhoHasThePhone(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	c := s.client(t)
	const begin = `mutation($l: PhoneNumber!) { startRegistration(input: {phone: $l}) { registration { token phone phoneVerified profileSubmitted nextStep expiresAt
  challenge { id } } userErrors { code message field } } }`
	var told, work [2]string
	for i, phone := range []string{"+79000000002", "+79000000998"} {
		r, err := c.try(begin, vars{"l": phone})
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%+v, %v", r.Errors, err)
		}
		told[i] = strings.ReplaceAll(fmt.Sprint(r.status, len(r.Data), different.ReplaceAllString(string(r.Data), `$1`)), phone, "")
		work[i] = strings.Join(counted.beside(t, r), "\n")
	}
	if told[0] != told[1] || work[0] != work[1] || work[0] == "" {
		t.Errorf("somebody is told %s\nnobody %s\nfor somebody is done\n%s\nfor nobody\n%s", told[0], told[1], work[0], work[1])
	}
}
