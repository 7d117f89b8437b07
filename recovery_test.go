package main

import (
	"regexp"
	"strings"
	"testing"
)

const startRecovery = `mutation($l: String!) { startRecovery(input: {login: $l}) { recovery { token securityQuestion totpRequired expiresAt
	challenge { id method sentTo codeLength attemptsLeft expiresAt resendAt delivery } } userErrors { code message } } }`

// TestARecoveryAtOneServerHoldsTransfersAtAnother loses a password, and finds the way back in at the other server.
func TestARecoveryAtOneServerHoldsTransfersAtAnother(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	anna := one.client(t).anna()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := one.client(t).boris().wallet("Z")
	const phone = "+79000000002"
	anna.allowWithoutCode("Z", "5", phone)
	waiting := ask[created](anna, createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "10", "key": newKey()}).CreateTransfer.Transfer.ID
	transferCode := anna.newestCode(phone)

	stranger := two.client(t)
	token := ask[struct {
		StartRecovery struct{ Recovery struct{ Token string } }
	}](stranger, startRecovery, vars{"l": "anna@purser.test"}).StartRecovery.Recovery.Token
	verified := ask[struct {
		VerifyRecoveryCode struct {
			Recovery struct{ SecurityQuestion string }
		}
	}](stranger, `mutation($t: String!, $c: String!) { verifyRecoveryCode(input: {token: $t, code: $c}) { recovery { securityQuestion } } }`,
		vars{"t": token, "c": stranger.newestCode(phone)}).VerifyRecoveryCode.Recovery
	if verified.SecurityQuestion != "What is this demo called?" {
		t.Errorf("the question is %q", verified.SecurityQuestion)
	}
	done := ask[struct {
		CompleteRecovery struct {
			Wmid       string
			UserErrors []userError
		}
	}](stranger, `mutation($t: String!) { completeRecovery(input: {token: $t, securityAnswer: " Purser", newPassword: "clouds over the bay",
		newPasswordConfirmation: "clouds over the bay"}) { wmid userErrors { code message field } } }`, vars{"t": token}).CompleteRecovery
	if len(done.UserErrors) > 0 || done.Wmid == "" {
		t.Fatalf("completed: %+v", done)
	}

	anna = one.client(t).logIn(done.Wmid, "clouds over the bay", phone)
	type held struct {
		UserErrors []struct {
			Code              string
			RetryAfterSeconds int
			Until             string
		}
	}
	const errors = `userErrors { code ... on TransfersHeld { retryAfterSeconds until } }`
	for at, s := range []*server{one, two} {
		large := ask[struct{ CreateTransfer held }](anna.at(s), `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f,
			to: {walletNumber: $t}, amount: "10", idempotencyKey: $k}) { `+errors+` } }`, vars{"f": annaWallet, "t": borisWallet, "k": newKey()}).CreateTransfer
		confirmation := ask[struct{ ConfirmTransfer held }](anna.at(s), `mutation($i: ID!, $c: String!) { confirmTransfer(input: {transferId: $i, code: $c}) { `+errors+` } }`,
			vars{"i": waiting, "c": transferCode}).ConfirmTransfer
		raise := ask[struct{ SetConfirmationPolicy held }](anna.at(s), `mutation { setConfirmationPolicy(input: {currency: "Z", withoutCodeUpTo: "50"}) { `+errors+` } }`, nil).SetConfirmationPolicy
		for what, h := range map[string]held{"a new one": large, "one that waited": confirmation, "to allow more": raise} {
			if len(h.UserErrors) != 1 || h.UserErrors[0].Code != "TRANSFERS_HELD" || h.UserErrors[0].RetryAfterSeconds < 86000 || h.UserErrors[0].Until == "" {
				t.Errorf("%s, at server %d: %+v", what, at, h)
			}
		}
		small := ask[created](anna.at(s), createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}).CreateTransfer
		if small.Transfer == nil || small.Transfer.Status != "COMPLETED" {
			t.Errorf("what needs no code, at server %d: %+v", at, small)
		}
	}
	check(t, dsn)
}

var different = regexp.MustCompile(`"(token|id)":"[^"]*"|\d{4}-\d\d-\d\dT[^"]*`)

// TestRow09RecoveryAnswersAlikeInShapeForAnyLogin compares what strangers are told, byte for byte but for tokens and times.
func TestRow09RecoveryAnswersAlikeInShapeForAnyLogin(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	c := s.client(t)
	c.operator() // whose log-in shows that there is such a person
	shape := func(query, login string) (shape string, size int) {
		r, err := c.try(query, vars{"l": login})
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%q: %+v, %v", login, r.Errors, err)
		}
		return different.ReplaceAllString(string(r.Data), `$1`), len(r.Data)
	}
	for _, query := range []string{startRecovery, `mutation($l: String!) { startLostPhoneRecovery(input: {login: $l}) { expiresAt userErrors { code } } }`} {
		want, size := shape(query, "+79000000001")
		for _, login := range []string{"+79000000999", "nobody@purser.test", "", "x\u0000"} {
			if got, length := shape(query, login); got != want || length != size {
				t.Errorf("%q is told %s (%d bytes), somebody %s (%d)", login, got, length, want, size)
			}
		}
		if strings.Contains(want, "+7") || strings.Contains(want, "QUEUED") {
			t.Errorf("it tells too much: %s", want)
		}
	}
	token := tokenOf(c.newestLink("operator@purser.test"))
	if len(token) < 43 || strings.Contains(s.log.String(), token) {
		t.Error("the letter's token stands in the log")
	}
}
