package main

import (
	"purser/internal/passkeys/passkeytest"
)

type ceremony struct{ ID, Options string }

// walkPasskeys gives a person a passkey, uses it for all there is, and takes it away.
func walkPasskeys(me *client, counted *statements) {
	d := passkeytest.New(localOrigin(me.t, me.url))
	asked := askCounted[struct {
		StartPasskeyRegistration struct{ Ceremony ceremony }
	}](me, counted, "startPasskeyRegistration", 14,
		`mutation { startPasskeyRegistration(input: {currentPassword: "a walk on the beach"}) { ceremony { id options expiresAt } userErrors { code } } }`, nil).StartPasskeyRegistration.Ceremony
	added := askCounted[struct {
		FinishPasskeyRegistration struct{ Passkey struct{ ID string } }
	}](me, counted, "finishPasskeyRegistration", 13,
		`mutation($i: ID!, $c: String!) { finishPasskeyRegistration(input: {ceremonyId: $i, name: "Pixel", credential: $c}) { passkey { id } backupCodes userErrors { code } } }`,
		vars{"i": asked.ID, "c": d.Create(me.t, asked.Options)}).FinishPasskeyRegistration.Passkey.ID
	askCounted[any](me, counted, "passkeys", 2, `{ viewer { secondFactors { totp passkeys { id name createdAt lastUsedAt } } } }`, nil)
	askCounted[any](me, counted, "renamePasskey", 5,
		`mutation($i: ID!) { renamePasskey(input: {passkeyId: $i, name: "Pixel 9"}) { passkey { name } userErrors { code } } }`, vars{"i": added})

	logIn := askCounted[struct {
		LogIn struct {
			Challenge struct{ ID, AssertionOptions string }
		}
	}](me.as(""), counted, "logIn with a passkey", 15, `mutation { logIn(input: {login: "q@purser.test", password: "a walk on the beach"}) {
		challenge { id method assertionOptions } userErrors { code } } }`, nil).LogIn.Challenge
	// the challenge is locked, then the passkey, which is noted as used, and so is the challenge
	askCounted[any](me.as(""), counted, "confirmLogIn with a passkey", 14,
		`mutation($i: ID!, $a: String!) { confirmLogIn(input: {challengeId: $i, assertion: $a}) { tokens { accessToken } userErrors { code } } }`,
		vars{"i": logIn.ID, "a": d.Get(me.t, logIn.AssertionOptions)})
	// the limit with its begin and commit; begin, ceremony, commit
	begun := askCounted[struct {
		StartPasskeyLogIn struct{ Ceremony ceremony }
	}](me.as(""), counted, "startPasskeyLogIn", 6, `mutation { startPasskeyLogIn { ceremony { id options } userErrors { code } } }`, nil).StartPasskeyLogIn.Ceremony
	// whose it is; the account and the passkey are locked, the ceremony is used up
	askCounted[any](me.as(""), counted, "finishPasskeyLogIn", 13,
		`mutation($i: ID!, $c: String!) { finishPasskeyLogIn(input: {ceremonyId: $i, credential: $c}) { tokens { accessToken } userErrors { code } } }`,
		vars{"i": begun.ID, "c": d.Get(me.t, begun.Options)})

	proof := askCounted[struct {
		StartPasskeyAssertion struct{ Ceremony ceremony }
	}](me, counted, "startPasskeyAssertion", 6, `mutation($i: ID!) { startPasskeyAssertion(input: {purpose: REMOVE_PASSKEY, passkeyId: $i}) {
		ceremony { id options } userErrors { code } } }`, vars{"i": added}).StartPasskeyAssertion.Ceremony
	askCounted[any](me, counted, "removePasskey", 16, `mutation($i: ID!, $a: PasskeyAssertionInput!) { removePasskey(input: {passkeyId: $i, assertion: $a}) {
		account { wmid } userErrors { code } } }`, vars{"i": added, "a": vars{"ceremonyId": proof.ID, "credential": d.Get(me.t, proof.Options)}})
}
