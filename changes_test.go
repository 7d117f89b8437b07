package main

import (
	"strings"
	"testing"
)

func TestAFrozenAccountsMoneyStaysOnAllServersAndMoreComesIn(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	anna, boris := one.client(t).anna(), one.client(t).boris()
	annaWallet, before := anna.wallet("Z")
	borisWallet, _ := boris.wallet("Z")
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	boris.allowWithoutCode("Z", "1000000", "+79000000003")
	there := anna.at(two)
	if _, balance := there.wallet("Z"); balance != before { // the other server knows her as active
		t.Fatalf("she has %s there", balance)
	}
	if r, err := anna.try(`mutation { freezeAccount { account { status } userErrors { code } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"FROZEN"`) {
		t.Fatalf("%s, %v", r.Data, err)
	}
	request := vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}
	if r, err := anna.try(createTransfer, request); err != nil || !strings.Contains(string(r.Data), `"ACCOUNT_FROZEN"`) {
		t.Errorf("here: %s, %v", r.Data, err)
	}
	if r, err := there.try(createTransfer, request); err != nil || strings.Contains(string(r.Data), `"COMPLETED"`) {
		t.Errorf("there, in the same moment: %s, %v", r.Data, err)
	}
	if _, balance := anna.wallet("Z"); balance != before {
		t.Errorf("she had %s and has %s", before, balance)
	}
	if got := ask[created](boris, createTransfer, vars{"from": borisWallet, "to": annaWallet, "amount": "1", "key": newKey()}); got.CreateTransfer.Transfer.Status != "COMPLETED" {
		t.Errorf("what comes in is %+v", got)
	}
}

func TestRow28AChangeOfPasswordEndsTheOtherSessionOnAllServers(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one, two := startServer(t, dsn), startServer(t, dsn)
	mine, other := one.client(t).boris(), one.client(t).boris()
	const change = `mutation($p: String!) { changePassword(input: {currentPassword: $p, newPassword: "a swim in the sea", newPasswordConfirmation: "a swim in the sea"}) {
		account { security { passwordChangedAt } } userErrors { code message field } } }`
	if r, err := mine.as("").try(change, vars{"p": "demo-password"}); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
		t.Errorf("nobody: %+v, %v", r, err)
	}
	if r, err := mine.try(change, vars{"p": "wrong"}); err != nil || !strings.Contains(string(r.Data), `"CREDENTIALS_REJECTED"`) || !strings.Contains(string(r.Data), "The current password is wrong.") {
		t.Errorf("a wrong password: %s, %v", r.Data, err)
	}
	if r, err := mine.try(change, vars{"p": "demo-password"}); err != nil || !strings.Contains(string(r.Data), `"userErrors":[]`) {
		t.Fatalf("%s, %v", r.Data, err)
	}
	for _, server := range []*server{one, two} {
		if r, err := other.at(server).try(`{ viewer { wmid } }`, nil); err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != "UNAUTHENTICATED" {
			t.Errorf("the other session: %s %+v, %v", r.Data, r.Errors, err)
		}
	}
	if r, err := mine.as("").try(`mutation { logIn(input: {login: "boris@purser.test", password: "demo-password"}) { userErrors { code } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"CREDENTIALS_REJECTED"`) {
		t.Errorf("the old password: %s, %v", r.Data, err)
	}
	mine.logIn("boris@purser.test", "a swim in the sea", "+79000000003")
}
