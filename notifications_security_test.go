package main

import (
	"testing"

	"purser/internal/delivery/gatewaytest"
)

// TestAChangeOfSecurityIsToldBySMSAndByLetter has an account whose address is confirmed.
func TestAChangeOfSecurityIsToldBySMSAndByLetter(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	const phone, address = "+79000000002", "anna@purser.test"
	told := func(what string, change func()) {
		t.Helper()
		sms, letter := anna.newest(phone).Text, anna.newest(address).Text
		change()
		gatewaytest.Await(t, what, func() bool { return anna.newest(phone).Text != sms && anna.newest(address).Text != letter })
	}
	told("a policy", func() { anna.allowWithoutCode("Z", "1000000", phone) })
	told("a question", func() {
		ask[any](anna, `mutation { changeSecurityQuestion(input: {currentPassword: "demo-password", question: "Ship?", answer: "Mir"}) { userErrors { code } } }`, nil)
	})
	told("a freeze", func() { ask[any](anna, `mutation { freezeAccount { userErrors { code } } }`, nil) })
}
