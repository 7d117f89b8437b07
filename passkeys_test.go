package main

import (
	"net/url"
	"strings"
	"testing"

	"purser/internal/passkeys/passkeytest"
)

// localOrigin is the origin of a server's pages, as a browser on this machine opens them to use passkeys.
func localOrigin(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return "http://localhost:" + u.Port()
}

// addPasskey gives a demo person a passkey.
func (c *client) addPasskey(d *passkeytest.Device, password string) (id string, backup []string) {
	c.t.Helper()
	asked := ask[struct {
		StartPasskeyRegistration struct{ Ceremony ceremony }
	}](c, `mutation($p: String!) { startPasskeyRegistration(input: {currentPassword: $p}) { ceremony { id options } } }`, vars{"p": password}).StartPasskeyRegistration.Ceremony
	added := ask[struct {
		FinishPasskeyRegistration struct {
			Passkey     *struct{ ID string }
			BackupCodes []string
			UserErrors  []userError
		}
	}](c, `mutation($i: ID!, $c: String!) { finishPasskeyRegistration(input: {ceremonyId: $i, name: "Pixel", credential: $c}) { passkey { id } backupCodes userErrors { code message field } } }`,
		vars{"i": asked.ID, "c": d.Create(c.t, asked.Options)}).FinishPasskeyRegistration
	if added.Passkey == nil {
		c.t.Fatalf("no passkey was added: %+v", added.UserErrors)
	}
	return added.Passkey.ID, added.BackupCodes
}

const (
	startPasskeyLogIn  = `mutation { startPasskeyLogIn { ceremony { id options expiresAt } userErrors { code } } }`
	finishPasskeyLogIn = `mutation($i: ID!, $c: String!) { finishPasskeyLogIn(input: {ceremonyId: $i, credential: $c, device: {name: "Pixel", platform: ANDROID}}) {
		tokens { accessToken account { wmid } } userErrors { code message field } } }`
)

type passkeyStarted struct {
	StartPasskeyLogIn struct{ Ceremony ceremony }
}

type passkeyFinished struct {
	FinishPasskeyLogIn struct {
		Tokens *struct {
			AccessToken string
			Account     struct{ Wmid string }
		}
		UserErrors []userError
	}
}

// TestAPasskeyOpensEveryDoorAtTwoServers goes through the front doors of two servers: what one asked for, the other takes.
func TestAPasskeyOpensEveryDoorAtTwoServers(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	one := startServer(t, dsn)
	two := startServer(t, dsn, "PUBLIC_URL="+localOrigin(t, one.URL))
	anna := one.client(t).anna()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := one.client(t).boris().wallet("Z")
	d := passkeytest.New(localOrigin(t, one.URL))
	id, backup := anna.addPasskey(d, "demo-password")
	if len(backup) != 10 {
		t.Errorf("the backup codes are %v", backup)
	}

	const toSign = `challenge { id method assertionOptions sentTo delivery }`
	type challenge struct{ ID, Method, AssertionOptions, SentTo, Delivery string }
	asked := ask[struct{ LogIn struct{ Challenge challenge } }](anna.as(""),
		`mutation { logIn(input: {login: "anna@purser.test", password: "demo-password"}) { `+toSign+` } }`, nil).LogIn.Challenge
	if asked.Method != "PASSKEY" || asked.SentTo != "" || asked.Delivery != "SENT" {
		t.Errorf("the challenge is %+v", asked)
	}
	const confirmLogIn = `mutation($i: ID!, $c: String, $a: String) { confirmLogIn(input: {challengeId: $i, code: $c, assertion: $a}) { tokens { accessToken } userErrors { code field } } }`
	type opened struct {
		ConfirmLogIn struct {
			Tokens     *struct{ AccessToken string }
			UserErrors []userError
		}
	}
	signed := d.Get(t, asked.AssertionOptions)
	for what, v := range map[string]vars{"both": {"i": asked.ID, "c": "123456", "a": signed}, "neither": {"i": asked.ID}} {
		if got := ask[opened](anna.as("").at(two), confirmLogIn, v).ConfirmLogIn; len(got.UserErrors) != 1 || got.UserErrors[0].Code != "INVALID_INPUT" {
			t.Errorf("%s: %+v", what, got)
		}
	}
	in := ask[opened](anna.as("").at(two), confirmLogIn, vars{"i": asked.ID, "a": signed}).ConfirmLogIn
	if in.Tokens == nil {
		t.Fatalf("the log-in at the other server: %+v", in.UserErrors)
	}
	anna = two.client(t).as(in.Tokens.AccessToken)

	made := ask[struct {
		CreateTransfer struct {
			Transfer  struct{ ID string }
			Challenge challenge
		}
	}](anna, `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f, to: {walletNumber: $t}, amount: "1", idempotencyKey: $k}) {
		transfer { id } `+toSign+` } }`, vars{"f": annaWallet, "t": borisWallet, "k": newKey()}).CreateTransfer
	done := ask[confirmed](anna.at(one), `mutation($i: ID!, $a: String!) { confirmTransfer(input: {transferId: $i, assertion: $a}) { transfer { status } userErrors { code message } } }`,
		vars{"i": made.Transfer.ID, "a": d.Get(t, made.Challenge.AssertionOptions)}).ConfirmTransfer
	if done.Transfer == nil || done.Transfer.Status != "COMPLETED" {
		t.Errorf("confirmed at the other server: %+v", done)
	}

	const policy = `mutation($a: String) { setConfirmationPolicy(input: {currency: "Z", withoutCodeUpTo: "5", assertion: $a}) { ` + toSign + ` userErrors { code } } }`
	type raised struct {
		SetConfirmationPolicy struct {
			Challenge  challenge
			UserErrors []userError
		}
	}
	raise := ask[raised](anna, policy, nil).SetConfirmationPolicy
	if got := ask[raised](anna, policy, vars{"a": d.Get(t, raise.Challenge.AssertionOptions)}).SetConfirmationPolicy; len(got.UserErrors) > 0 {
		t.Errorf("the policy: %+v", got)
	}
	ask[any](anna, `mutation { freezeAccount { account { status } } }`, nil)
	const unfreeze = `mutation($a: String) { unfreezeAccount(input: {assertion: $a}) { account { status } ` + toSign + ` userErrors { code } } }`
	type thawed struct {
		UnfreezeAccount struct {
			Account   struct{ Status string }
			Challenge challenge
		}
	}
	thaw := ask[thawed](anna, unfreeze, nil).UnfreezeAccount
	if got := ask[thawed](anna.at(one), unfreeze, vars{"a": d.Get(t, thaw.Challenge.AssertionOptions)}).UnfreezeAccount; got.Account.Status != "ACTIVE" {
		t.Errorf("unfrozen: %+v", got)
	}
	if code := anna.newest("+79000000002").Code; code != "" {
		t.Errorf("the newest message carries the code %s", code)
	}

	begun := ask[passkeyStarted](anna.as(""), startPasskeyLogIn, nil).StartPasskeyLogIn.Ceremony
	if strings.Contains(begun.Options, "allowCredentials") {
		t.Errorf("a stranger is told of passkeys: %s", begun.Options)
	}
	credential := d.Get(t, begun.Options)
	open := ask[passkeyFinished](anna.as("").at(one), finishPasskeyLogIn, vars{"i": begun.ID, "c": credential}).FinishPasskeyLogIn
	if open.Tokens == nil || open.Tokens.Account.Wmid == "" {
		t.Fatalf("without a password: %+v", open.UserErrors)
	}
	if again := ask[passkeyFinished](anna.as("").at(two), finishPasskeyLogIn, vars{"i": begun.ID, "c": credential}).FinishPasskeyLogIn; again.Tokens != nil || again.UserErrors[0].Code != "CODE_EXPIRED" {
		t.Errorf("replayed: %+v", again)
	}
	me := one.client(t).as(open.Tokens.AccessToken)
	removed := ask[struct {
		RemovePasskey struct{ UserErrors []userError }
	}](me, `mutation($i: ID!, $c: String!) { removePasskey(input: {passkeyId: $i, code: $c}) { userErrors { code } } }`, vars{"i": id, "c": backup[3]}).RemovePasskey
	if len(removed.UserErrors) > 0 {
		t.Errorf("removed with a backup code: %+v", removed)
	}
}

// TestRow09EveryPasskeyThatOpensNothingIsRefusedAlike compares what strangers are told.
func TestRow09EveryPasskeyThatOpensNothingIsRefusedAlike(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna, stranger := s.client(t).anna(), s.client(t)
	d := passkeytest.New(localOrigin(t, s.URL))
	id, backup := anna.addPasskey(d, "demo-password")
	begin := func() ceremony {
		return ask[passkeyStarted](stranger, startPasskeyLogIn, nil).StartPasskeyLogIn.Ceremony
	}
	foreign := passkeytest.New(d.Origin)
	foreign.Create(t, `{"rp":{"id":"localhost","name":"x"},"user":{"id":"AAAA","name":"x","displayName":"x"},"challenge":"AAAA","pubKeyCredParams":[{"type":"public-key","alg":-7}],
		"attestation":"none","authenticatorSelection":{"residentKey":"required","userVerification":"required"}}`)
	nobody := d.Copy()
	nobody.Handle = []byte{}
	forged, elsewhere, unverified, other := d.Copy(), d.Copy(), d.Copy(), d.Copy()
	forged.Forged, elsewhere.Origin, unverified.Unverified, other.Challenge = true, "https://evil.example", true, strings.Repeat("A", 43)

	shapes := map[string]string{}
	try := func(what string, d *passkeytest.Device) {
		asked := begin()
		r, err := stranger.try(finishPasskeyLogIn, vars{"i": asked.ID, "c": d.Get(t, asked.Options)})
		if err != nil || len(r.Errors) > 0 {
			t.Fatalf("%s: %+v, %v", what, r.Errors, err)
		}
		shapes[what] = string(r.Data)
	}
	try("a passkey that nobody has", foreign)
	try("one that does not say whose it is", nobody)
	try("a forged signature", forged)
	try("another origin", elsewhere)
	try("nobody was verified", unverified)
	try("another challenge", other)
	ask[any](anna, `mutation($i: ID!, $c: String!) { removePasskey(input: {passkeyId: $i, code: $c}) { userErrors { code } } }`, vars{"i": id, "c": backup[0]})
	try("one that was removed", d)
	for what, got := range shapes {
		if got != shapes["a passkey that nobody has"] || !strings.Contains(got, "CREDENTIALS_REJECTED") {
			t.Errorf("%s is told %s", what, got)
		}
	}
	failed := ask[struct {
		Viewer struct {
			SecurityLog struct{ Nodes []struct{ Kind string } }
		}
	}](anna, `{ viewer { securityLog(first: 20) { nodes { kind } } } }`, nil).Viewer.SecurityLog.Nodes
	count := 0
	for _, n := range failed {
		if n.Kind == "SIGN_IN_FAILED" {
			count++
		}
	}
	if count != 4 { // with her passkey, while it was hers and said so
		t.Errorf("the owner's log tells of %d refusals: %+v", count, failed)
	}
	// A log-in's ceremony is for no challenge, and a challenge for no log-in.
	asked := begin()
	if got := ask[passkeyFinished](stranger, finishPasskeyLogIn, vars{"i": asked.ID, "c": "{}"}).FinishPasskeyLogIn; got.UserErrors[0].Code != "INVALID_INPUT" {
		t.Errorf("what is no answer: %+v", got)
	}
}
