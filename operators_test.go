package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const issueFunds = `mutation($w: WalletNumber!, $a: Decimal!, $r: String!, $k: UUID!) {
  issueFunds(input: {walletNumber: $w, amount: $a, reference: $r, idempotencyKey: $k}) { transfer { id kind status direction from { displayName } } replayed userErrors { code field } }
}`

const redeemFunds = `mutation($w: WalletNumber!, $a: Decimal!, $r: String!, $k: UUID!) {
  redeemFunds(input: {walletNumber: $w, amount: $a, reference: $r, idempotencyKey: $k}) { transfer { id kind status } replayed userErrors { code field } }
}`

type moved struct {
	Transfer   *struct{ ID, Kind, Status string }
	Replayed   bool
	UserErrors []userError
}

func TestOperatorsIssueAndRedeemOncePerKey(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	operator, anna := s.client(t).operator(), s.client(t).anna()
	wallet, _ := anna.wallet("Z")
	request := vars{"w": wallet, "a": "25", "r": "cash in", "k": newKey()}

	for i := range 3 {
		got := ask[struct{ IssueFunds moved }](operator, issueFunds, request).IssueFunds
		if got.Transfer == nil || got.Transfer.Kind != "ISSUE" || got.Replayed != (i > 0) {
			t.Fatalf("issue %d: %+v", i, got)
		}
	}
	redeem := vars{"w": wallet, "a": "1025", "r": "cash out", "k": newKey()}
	if got := ask[struct{ RedeemFunds moved }](operator, redeemFunds, redeem).RedeemFunds; got.Transfer == nil || got.Transfer.Kind != "REDEMPTION" {
		t.Fatalf("redeem: %+v", got)
	}
	if _, balance := anna.wallet("Z"); balance != "0.00" {
		t.Errorf("anna has %s", balance)
	}

	for name, wrong := range map[string]struct {
		change vars
		code   string
	}{
		"more than there is":   {vars{"a": "1"}, "INSUFFICIENT_FUNDS"},
		"nothing":              {vars{"a": "0"}, "INVALID_AMOUNT"},
		"a typing error":       {vars{"w": "Z123456789012"}, "INVALID_WALLET_NUMBER"},
		"the system's wallet":  {vars{"w": "Z000000000019"}, "RECIPIENT_NOT_FOUND"},
		"no reason":            {vars{"r": "  "}, "INVALID_INPUT"},
		"a reason with a NUL":  {vars{"r": "a\x00"}, "INVALID_INPUT"},
		"the issue's key":      {vars{"k": request["k"]}, "IDEMPOTENCY_KEY_REUSED"},
		"a reason too long":    {vars{"r": strings.Repeat("x", 256)}, "INVALID_INPUT"},
		"another currency yet": {vars{"w": "E000000000019"}, "RECIPIENT_NOT_FOUND"},
	} {
		try := vars{"w": wallet, "a": "1", "r": "test", "k": newKey()}
		for field, value := range wrong.change {
			try[field] = value
		}
		got := ask[struct{ RedeemFunds moved }](operator, redeemFunds, try).RedeemFunds
		if len(got.UserErrors) != 1 || got.UserErrors[0].Code != wrong.code {
			t.Errorf("%s: %+v, want %s", name, got, wrong.code)
		}
	}
	check(t, dsn)
}

func TestOnlyOperatorsMakeMoney(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	wallet, before := anna.wallet("Z")
	for who, c := range map[string]*client{"FORBIDDEN": anna, "UNAUTHENTICATED": anna.as("")} {
		for _, mutation := range []string{issueFunds, redeemFunds} {
			r, err := c.try(mutation, vars{"w": wallet, "a": "1", "r": "mine", "k": newKey()})
			if err != nil || len(r.Errors) != 1 || r.Errors[0].Extensions.Code != who {
				t.Errorf("%s: %+v, %v", who, r.Errors, err)
			}
		}
	}
	if _, after := anna.wallet("Z"); after != before {
		t.Errorf("anna has %s and had %s", after, before)
	}
}

func TestForeignThingsAreNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna, boris := s.client(t).anna(), s.client(t).boris()
	type crawl struct {
		Viewer struct {
			ID      string
			Wallets []struct {
				ID      string
				Number  string
				Entries struct{ Nodes []struct{ ID string } }
			}
			Transfers struct{ Nodes []struct{ ID string } }
			Events    struct {
				Nodes []struct{ Session *struct{ ID string } }
			}
		}
	}
	found := ask[crawl](anna, `{ viewer { id wallets { id number entries { nodes { id } } } transfers { nodes { id } }
		events { nodes { ... on SessionOpened { session { id } } } } } }`, nil).Viewer
	ids := []string{found.ID}
	for _, w := range found.Wallets {
		ids = append(ids, w.ID)
		for _, e := range w.Entries.Nodes {
			ids = append(ids, e.ID)
		}
	}
	for _, n := range found.Transfers.Nodes {
		ids = append(ids, n.ID)
	}
	for _, e := range found.Events.Nodes {
		if e.Session != nil {
			ids = append(ids, e.Session.ID)
		}
	}
	if len(ids) < 11 {
		t.Fatalf("only %d ids were found", len(ids))
	}

	const nodes = `query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }`
	type answer struct{ Nodes []*struct{ ID string } }
	for i, node := range ask[answer](anna, nodes, vars{"ids": ids}).Nodes {
		if node == nil || node.ID != ids[i] {
			t.Errorf("anna does not find her own %s", ids[i])
		}
	}
	for who, c := range map[string]*client{"boris": boris, "nobody": boris.as("")} {
		for i, node := range ask[answer](c, nodes, vars{"ids": append(ids, "", "nonsense", "V2FsbGV0Og")}).Nodes {
			if node != nil {
				t.Errorf("%s finds %s", who, ids[i])
			}
		}
	}
	number := found.Wallets[0].Number
	if r, _ := boris.try(`query($n: WalletNumber!) { viewer { wallet(number: $n) { id } } }`, vars{"n": number}); string(r.Data) != `{"viewer":{"wallet":null}}` {
		t.Errorf("boris finds anna's wallet: %s", r.Data)
	}
	for _, mutation := range []string{`renameWallet(input: {walletNumber: $n, name: "x"})`, `closeWallet(input: {walletNumber: $n})`, `setDefaultWallet(input: {walletNumber: $n})`} {
		r, err := boris.try(`mutation($n: WalletNumber!) { `+mutation+` { userErrors { code } } }`, vars{"n": number})
		if err != nil || !strings.Contains(string(r.Data), `"WALLET_NOT_FOUND"`) {
			t.Errorf("%s: %s, %v", mutation, r.Data, err)
		}
	}
}

// TestTheLogHoldsNoSecrets runs what handles secrets and looks for them in what the server wrote.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t), "LOG_LEVEL=debug")
	anna := s.client(t).anna()
	code := anna.newestCode("+79000000002")
	_, _ = anna.try(`{ viewer { wmid } }`, nil)
	_, _ = anna.as("bad."+anna.token).try(`{ viewer { wmid } }`, nil)
	_, _ = anna.try(`mutation { logIn(input: {login: "anna@purser.test", password: "not-the-password"}) { userErrors { code } } }`, nil)
	var inbox []struct{ Text string }
	_, _, text := anna.raw("GET", "/dev/inbox.json?to=%2B79000000002", "")
	if err := json.Unmarshal([]byte(text), &inbox); err != nil || len(inbox) == 0 {
		t.Fatalf("the inbox: %s, %v", text, err)
	}
	log := s.log.String()
	for what, secret := range map[string]string{"code": code, "password": "demo-password", "wrong password": "not-the-password",
		"token": anna.token, "phone": "79000000002", "address": "anna@purser.test", "message": inbox[0].Text} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s", what)
		}
	}
}
