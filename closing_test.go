package main

import (
	"context"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"purser/internal/pgtest"
	"purser/internal/postgres"
)

func TestRow28AClosedAccountTakesItsSocketsAlongAndIsUnknown(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	s := startServer(t, dsn)
	boris, operator := s.client(t).boris(), s.client(t).operator()
	var borisWallets []string
	for _, letter := range []string{"Z", "E", "P"} {
		wallet, balance := boris.wallet(letter)
		borisWallets = append(borisWallets, wallet)
		ask[any](operator, redeemFunds, vars{"w": wallet, "a": balance, "r": "leaving", "k": newKey()})
	}
	boris.remember(vars{"wmid": operator.wmid()}, "Whom he knew")
	ask[any](boris, blockAccount, vars{"w": operator.wmid()})
	const closeAccount = `mutation($c: String) { closeAccount(input: {currentPassword: "demo-password", code: $c}) { account { closesAt } userErrors { code } } }`
	ask[any](boris, closeAccount, nil)
	if r, err := boris.try(closeAccount, vars{"c": boris.newestCode("+79000000003")}); err != nil || !strings.Contains(string(r.Data), `"closesAt":"20`) {
		t.Fatalf("%s, %v", r.Data, err)
	}
	anna := s.client(t).anna()
	annaWallet, _ := anna.wallet("Z")
	if r, err := anna.try(createTransfer, vars{"from": annaWallet, "to": borisWallets[0], "amount": "1", "key": newKey()}); err != nil || !strings.Contains(string(r.Data), `"WALLET_CLOSED"`) {
		t.Errorf("a transfer to an account that is being closed: %s, %v", r.Data, err)
	}

	socket := boris.listen(t, boris.head())
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: pgtest.Ring(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	closeOne(t, db, db.Pool, "boris@purser.test") // at another server, two days later
	var left int
	if err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM contacts) + (SELECT count(*) FROM blocks)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d contacts and blocks are left, %v", left, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if _, _, err = socket.conn.Read(ctx); err != nil {
			break
		}
	}
	if websocket.CloseStatus(err) != 4403 {
		t.Errorf("the socket ends with %v", err)
	}
	for { // a server remembers for a second who asks
		r, err := boris.try(`{ viewer { wmid } }`, nil)
		if err == nil && len(r.Errors) == 1 && r.Errors[0].Extensions.Code == "UNAUTHENTICATED" {
			break
		}
		if ctx.Err() != nil {
			t.Fatalf("a session of a closed account: %s %+v, %v", r.Data, r.Errors, err)
		}
	}
	if r, err := anna.as("").try(`mutation { logIn(input: {login: "boris@purser.test", password: "demo-password"}) { userErrors { code } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"CREDENTIALS_REJECTED"`) {
		t.Errorf("a log-in: %s, %v", r.Data, err)
	}
	if r, err := anna.as("").try(`mutation { startRegistration(input: {phone: "+79000000003"}) { registration { nextStep } userErrors { code } } }`, nil); err != nil || !strings.Contains(string(r.Data), `"SUBMIT_PROFILE"`) {
		t.Errorf("the phone is registered anew: %s, %v", r.Data, err)
	}
	if err := audit(t.Context(), db, nil, new(strings.Builder), new(strings.Builder)); err != nil {
		t.Error(err)
	}
}
