package main

import (
	"strings"
	"sync"
	"testing"

	"purser/internal/delivery/gatewaytest"
	"purser/internal/postgres"
)

// TestWhoRaceForOneDeviceAreAllAnswered has three people at two servers register one browser at once, again and again. The last one has it, and whoever
// lost it costs the ledger nothing.
func TestWhoRaceForOneDeviceAreAllAnswered(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	two := []*server{startServer(t, dsn, b.settings...), startServer(t, dsn, b.settings...)}
	people := []*client{two[0].client(t).anna(), two[1].client(t).boris(), two[0].client(t).operator()}
	first, second := b.Subscribe(), b.Subscribe()
	for range 15 {
		var running sync.WaitGroup
		for i, p := range people {
			mine, others := first, second
			if i == 1 {
				mine, others = second, first // in the other order
			}
			running.Go(func() {
				for _, sub := range []gatewaytest.Subscription{mine, others} {
					r, err := p.try(registerDevice, vars{"t": webTarget(sub), "n": "x"})
					if err != nil || len(r.Errors) > 0 || !strings.Contains(string(r.Data), `"userErrors":[]`) {
						t.Errorf("%v %+v %s", err, r.Errors, r.Data)
					}
				}
			})
		}
		running.Wait()
	}
	ask[any](people[0], registerDevice, vars{"t": webTarget(first), "n": "x"})
	ask[any](people[0], registerDevice, vars{"t": webTarget(second), "n": "x"})
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var devices, wrong int
	err = db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM push_devices), (SELECT count(*) FROM wallets WHERE notified <> is_notified(account_id))`).Scan(&devices, &wrong)
	if err != nil || devices != 2 || wrong != 0 {
		t.Errorf("%d devices, %d wallets with a wrong mark, %v", devices, wrong, err)
	}
}

// TestOneBrowserIsOneDeviceHoweverItIsSpelled has the address of a browser in other letters, and with what means nothing.
func TestOneBrowserIsOneDeviceHoweverItIsSpelled(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	sub, id := b.subscribe(boris)
	spelled := sub
	spelled.Endpoint = strings.Replace(sub.Endpoint, "https://", "HTTPS://", 1) + "#"
	if again := boris.answer(registerDevice, vars{"t": webTarget(spelled), "n": "Again"}); !strings.Contains(again, id) {
		t.Errorf("in another spelling it is another device: %s", again)
	}
	spelled.Endpoint = sub.Endpoint + "#"
	anna.answer(registerDevice, vars{"t": webTarget(spelled), "n": "Anna's"})
	if got := boris.answer(readSettings, nil); !strings.Contains(got, `"pushDevices":[]`) {
		t.Errorf("he still has what is anna's now: %s", got)
	}
}

// TestTheDeviceThatRefundsIsNotToldOfIt has another one of the same person, which is.
func TestTheDeviceThatRefundsIsNotToldOfIt(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna, boris, another := s.client(t).anna(), s.client(t).boris(), s.client(t).boris()
	from, to := walletNumber(anna), walletNumber(boris)
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	paid := ask[created](anna, createTransfer, vars{"from": from, "to": to, "amount": "3", "key": newKey()}).CreateTransfer.Transfer.ID
	sub, _ := b.subscribe(boris)
	other, _ := b.subscribe(another)
	quiet(t, dsn)
	had, hadOther := len(b.Pushes(sub)), len(b.Pushes(other))
	ask[any](boris, `mutation($i: ID!, $k: UUID!) { refundTransfer(input: {transferId: $i, amount: "1", idempotencyKey: $k}) { transfer { status } userErrors { code } } }`,
		vars{"i": paid, "k": newKey()})
	b.get(t, other, hadOther+1)
	quiet(t, dsn)
	if n := len(b.Pushes(sub)) - had; n != 0 {
		t.Errorf("the device that refunded is told %d times", n)
	}
}

// TestTheSenderIsToldThatProtectedMoneyWasAccepted by its code, and that it was returned; the device that did it is not.
func TestTheSenderIsToldThatProtectedMoneyWasAccepted(t *testing.T) {
	t.Parallel()
	dsn, b := withDemo(t), newBrowsers(t)
	s := startServer(t, dsn, b.settings...)
	anna, boris := s.client(t).anna(), s.client(t).boris()
	from, to := walletNumber(anna), walletNumber(boris)
	anna.allowWithoutCode("Z", "1000000", "+79000000002")
	id := ask[created](anna, `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f, to: {walletNumber: $t}, amount: "5",
		protection: {kind: CODE, code: "open sesame", days: 3}, idempotencyKey: $k}) { transfer { id status } userErrors { code } } }`,
		vars{"f": from, "t": to, "k": newKey()}).CreateTransfer.Transfer.ID
	toAnna, _ := b.subscribe(anna)
	toBoris, _ := b.subscribe(boris)
	quiet(t, dsn)
	had, hadBoris := len(b.Pushes(toAnna)), len(b.Pushes(toBoris))
	ask[any](boris, `mutation($i: ID!) { acceptTransfer(input: {transferId: $i, protectionCode: "open sesame"}) { transfer { status } userErrors { code } } }`, vars{"i": id})
	got := b.get(t, toAnna, had+1)
	quiet(t, dsn)
	if last := got[len(got)-1]; len(got) != had+1 || last.Data["event"] != "TRANSFER_ENDED" || last.Data["transferId"] != id || last.Title != "Transfer completed" ||
		last.Body != "The protected transfer of 5.04 WMZ to Boris I. is completed: they have the money." {
		t.Errorf("she is told %+v", got[had:])
	}
	if n := len(b.Pushes(toBoris)) - hadBoris; n != 0 {
		t.Errorf("the device that accepted is told %d times", n)
	}
}
