package main

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// appCode is what an authenticator app shows now.
func appCode(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestWithAnAppNoCodeIsSentAndItsCodesOpenEveryDoor goes through the front door: log-in, transfer and policy, each with a code of its own.
func TestWithAnAppNoCodeIsSentAndItsCodesOpenEveryDoor(t *testing.T) {
	t.Parallel()
	s := startServer(t, withDemo(t))
	anna := s.client(t).anna()
	annaWallet, _ := anna.wallet("Z")
	borisWallet, _ := s.client(t).boris().wallet("Z")
	const phone = "+79000000002"

	secret := ask[struct{ EnableTotp struct{ Secret string } }](anna, `mutation { enableTotp(input: {currentPassword: "demo-password"}) { secret } }`, nil).EnableTotp.Secret
	backup := ask[struct {
		ConfirmTotp struct{ BackupCodes []string }
	}](anna,
		`mutation($c: String!) { confirmTotp(input: {code: $c}) { backupCodes } }`, vars{"c": appCode(t, secret)}).ConfirmTotp.BackupCodes
	if len(backup) != 10 {
		t.Fatalf("the backup codes are %v", backup)
	}
	type challenged struct {
		Challenge  struct{ ID, Method, SentTo, Delivery string }
		Transfer   struct{ ID string }
		UserErrors []struct{ Code string }
	}
	appOnly := func(what string, c challenged) {
		t.Helper()
		if len(c.UserErrors) > 0 || c.Challenge.Method != "TOTP" || c.Challenge.SentTo != "" || c.Challenge.Delivery != "SENT" {
			t.Errorf("%s: %+v", what, c)
		}
	}
	// The alert that the app is on is the last thing that is sent.
	if code := anna.newest(phone).Code; code != "" {
		t.Errorf("the newest message carries the code %s", code)
	}

	made := ask[struct{ CreateTransfer challenged }](anna, `mutation($f: WalletNumber!, $t: WalletNumber!, $k: UUID!) { createTransfer(input: {from: $f,
		to: {walletNumber: $t}, amount: "1", idempotencyKey: $k}) { transfer { id } challenge { id method sentTo delivery } userErrors { code } } }`,
		vars{"f": annaWallet, "t": borisWallet, "k": newKey()}).CreateTransfer
	appOnly("createTransfer", made)
	done := ask[confirmed](anna, confirmTransfer, vars{"id": made.Transfer.ID, "code": backup[0]}).ConfirmTransfer
	if done.Transfer == nil || done.Transfer.Status != "COMPLETED" {
		t.Errorf("confirmed with a backup code: %+v", done)
	}

	const policy = `mutation($c: String) { setConfirmationPolicy(input: {currency: "Z", withoutCodeUpTo: "5", code: $c}) {
		challenge { id method sentTo delivery } policy { withoutCodeUpTo { amount } } userErrors { code } } }`
	appOnly("setConfirmationPolicy", ask[struct{ SetConfirmationPolicy challenged }](anna, policy, vars{"c": nil}).SetConfirmationPolicy)
	if again := ask[struct{ SetConfirmationPolicy challenged }](anna, policy, vars{"c": backup[0]}).SetConfirmationPolicy; len(again.UserErrors) != 1 || again.UserErrors[0].Code != "CODE_REJECTED" {
		t.Errorf("a backup code that was used: %+v", again)
	}
	if set := ask[struct{ SetConfirmationPolicy challenged }](anna, policy, vars{"c": backup[1]}).SetConfirmationPolicy; len(set.UserErrors) != 0 {
		t.Errorf("with a backup code: %+v", set)
	}

	asked := ask[struct{ LogIn challenged }](anna.as(""), `mutation { logIn(input: {login: "anna@purser.test", password: "demo-password"}) {
		challenge { id method sentTo delivery } userErrors { code } } }`, nil).LogIn
	appOnly("logIn", asked)
	in := ask[struct {
		ConfirmLogIn struct{ Tokens *struct{ AccessToken string } }
	}](anna.as(""), `mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c}) { tokens { accessToken } } }`,
		vars{"i": asked.Challenge.ID, "c": backup[2]}).ConfirmLogIn
	if in.Tokens == nil {
		t.Error("the log-in with a backup code opens nothing")
	}
	status := ask[struct {
		Viewer struct {
			SecondFactors struct {
				Totp            bool
				BackupCodesLeft int
			}
		}
	}](anna, `{ viewer { secondFactors { totp backupCodesLeft } } }`, nil).Viewer.SecondFactors
	if !status.Totp || status.BackupCodesLeft != 7 {
		t.Errorf("what is left: %+v", status)
	}
}
