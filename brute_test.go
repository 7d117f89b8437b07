package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"purser/internal/ledger/ledgertest"
	"purser/internal/verification"
)

const guessers = 64 // at once

// guesses sends wrong codes, each another one, to two servers at once, and counts what they are answered.
func guesses(t *testing.T, c *client, two []*server, right, mutation string, of func(n int) vars) map[string]int {
	t.Helper()
	codes := make(chan int)
	counts, mu := map[string]int{}, sync.Mutex{}
	var running sync.WaitGroup
	var broken atomic.Int64
	for guesser := range guessers {
		at := c.at(two[guesser%len(two)])
		running.Go(func() {
			for n := range codes {
				v := of(n)
				v["code"] = fmt.Sprintf("%06d", n)
				r, err := at.try(mutation, v)
				code := codeOf(r)
				if (err != nil || code == "") && broken.Add(1) < 5 {
					t.Errorf("a guess is answered with %s %+v, %v", r.Data, r.Errors, err)
				}
				mu.Lock()
				counts[code]++
				mu.Unlock()
			}
		})
	}
	for _, n := range rand.Perm(ledgertest.Size(1000, 10_000)) {
		if n = n * 97 % 1_000_000; fmt.Sprintf("%06d", n) != right {
			codes <- n
		}
	}
	close(codes)
	running.Wait()
	return counts
}

// codeOf is the code of a refusal, however it comes.
func codeOf(r reply) string {
	if len(r.Errors) == 1 {
		return r.Errors[0].Extensions.Code
	}
	var payload map[string]struct{ UserErrors []userError }
	if json.Unmarshal(r.Data, &payload) != nil {
		return ""
	}
	for _, p := range payload {
		if len(p.UserErrors) == 1 {
			return p.UserErrors[0].Code
		}
	}
	return ""
}

// judgedAtMost wants no more guesses looked at than may be, and all others refused unseen.
func judgedAtMost(t *testing.T, counts map[string]int, most int) {
	t.Helper()
	total := 0
	for code, n := range counts {
		total += n
		if code != "CODE_REJECTED" && code != "CODE_EXPIRED" && code != "RATE_LIMITED" {
			t.Errorf("%d guesses are answered with %s", n, code)
		}
	}
	if counts["CODE_REJECTED"] != most || total < ledgertest.Size(1000, 10_000)-1 {
		t.Errorf("of %d guesses %d were looked at, want %d: %v", total, counts["CODE_REJECTED"], most, counts)
	}
}

func TestRow05ThousandsOfGuessesAtALogInAreFiveAtTwoServers(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	two := []*server{startServer(t, dsn), startServer(t, dsn)}
	c := two[0].client(t)
	challenge := ask[loggedIn](c, logInWith, vars{"l": "anna@purser.test", "p": "demo-password"}).LogIn.Challenge.ID
	right := c.newestCode("+79000000002")
	const confirm = `mutation($i: ID!, $code: String!) { confirmLogIn(input: {challengeId: $i, code: $code}) { tokens { accessToken } userErrors { code } } }`
	judgedAtMost(t, guesses(t, c, two, right, confirm, func(int) vars { return vars{"i": challenge} }), verification.Attempts)
	for _, s := range two {
		if r, err := c.at(s).try(confirm, vars{"i": challenge, "code": right}); err != nil || codeOf(r) != "CODE_EXPIRED" {
			t.Errorf("the right code then: %s, %v", r.Data, err)
		}
	}
}

func TestRow05ThousandsOfGuessesAtATransferAreFiveAtTwoServers(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	two := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna := two[0].client(t).anna()
	from, before := anna.wallet("Z")
	to, _ := two[1].client(t).boris().wallet("Z")
	transfer := ask[created](anna, createTransfer, vars{"from": from, "to": to, "amount": "10", "key": newKey()}).CreateTransfer.Transfer.ID
	right := anna.newestCode("+79000000002")
	const confirm = `mutation($id: ID!, $code: String!) { confirmTransfer(input: {transferId: $id, code: $code}) { transfer { status } userErrors { code } } }`
	judgedAtMost(t, guesses(t, anna, two, right, confirm, func(int) vars { return vars{"id": transfer} }), verification.Attempts)
	for _, s := range two {
		if r, err := anna.at(s).try(confirm, vars{"id": transfer, "code": right}); err != nil || codeOf(r) != "CODE_EXPIRED" {
			t.Errorf("the right code then: %s, %v", r.Data, err)
		}
	}
	if _, after := anna.wallet("Z"); after != before {
		t.Errorf("she had %s and has %s", before, after)
	}
	check(t, dsn)
}

// TestRow05ThousandsOfGuessesAtAnAppAreFiveAtTwoServers spreads them over several log-ins, which a thief who has the password can begin.
func TestRow05ThousandsOfGuessesAtAnAppAreFiveAtTwoServers(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	two := []*server{startServer(t, dsn), startServer(t, dsn)}
	anna := two[0].client(t).anna()
	secret := ask[struct{ EnableTotp struct{ Secret string } }](anna, `mutation { enableTotp(input: {currentPassword: "demo-password"}) { secret } }`, nil).EnableTotp.Secret
	backup := ask[struct {
		ConfirmTotp struct{ BackupCodes []string }
	}](anna, `mutation($c: String!) { confirmTotp(input: {code: $c}) { backupCodes } }`, vars{"c": appCode(t, secret)}).ConfirmTotp.BackupCodes
	stranger := anna.as("")
	var challenges []string
	for i := range 4 {
		challenges = append(challenges, ask[loggedIn](stranger.at(two[i%2]), logInWith, vars{"l": "anna@purser.test", "p": "demo-password"}).LogIn.Challenge.ID)
	}
	const confirm = `mutation($i: ID!, $code: String!) { confirmLogIn(input: {challengeId: $i, code: $code}) { tokens { accessToken } userErrors { code } } }`
	counts := guesses(t, stranger, two, appCode(t, secret), confirm, func(n int) vars { return vars{"i": challenges[n%len(challenges)]} })
	judgedAtMost(t, counts, verification.Attempts)
	for _, code := range []string{appCode(t, secret), backup[0]} { // the lock holds for the right ones, too
		r, err := stranger.at(two[1]).try(confirm, vars{"i": challenges[0], "code": code})
		if got := codeOf(r); err != nil || (got != "RATE_LIMITED" && got != "CODE_EXPIRED") {
			t.Errorf("a right one then: %s, %v", r.Data, err)
		}
	}
}
