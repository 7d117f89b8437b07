package main

import "strings"

// walkRecovery goes both ways back into the account of walkMutations, which has another phone and password then.
func walkRecovery(c *client, counted *statements, phone string) (newPhone, newPassword string) {
	const start = `mutation($l: String!) { startRecovery(input: {login: $l}) { recovery { token challenge { id sentTo delivery } expiresAt } userErrors { code } } }`
	type started struct {
		StartRecovery struct{ Recovery struct{ Token string } }
	}
	// two limits, each with its begin and commit; account; begin, burst, counter, message, its job, challenge, recovery, commit
	askCounted[started](c, counted, "startRecovery for nobody", 15, start, vars{"l": "+79165550000"})
	token := askCounted[started](c, counted, "startRecovery", 15, start, vars{"l": phone}).StartRecovery.Recovery.Token
	askCounted[any](c, counted, "verifyRecoveryCode", 14,
		`mutation($t: String!, $c: String!) { verifyRecoveryCode(input: {token: $t, code: $c}) { recovery { securityQuestion totpRequired } userErrors { code } } }`,
		vars{"t": token, "c": c.newestCode(phone)})
	askCounted[any](c, counted, "completeRecovery", 23, `mutation($t: String!) { completeRecovery(input: {token: $t, securityAnswer: "Rex",
		newPassword: "a run on the beach", newPasswordConfirmation: "a run on the beach"}) { wmid userErrors { code } } }`, vars{"t": token})

	link := c.newestLink("q@purser.test")
	askCounted[any](c, counted, "verifyEmail", 8, `mutation($t: String!) { verifyEmail(input: {token: $t}) { userErrors { code } } }`, vars{"t": tokenOf(link)})
	const lost = `mutation($l: String!) { startLostPhoneRecovery(input: {login: $l}) { expiresAt userErrors { code } } }`
	askCounted[any](c, counted, "startLostPhoneRecovery for nobody", 12, lost, vars{"l": "+79165550000"})
	askCounted[any](c, counted, "startLostPhoneRecovery", 12, lost, vars{"l": phone})
	token = tokenOf(c.newestLink("q@purser.test"))
	askCounted[any](c, counted, "lostPhoneRecovery", 6, `query($t: String!) { lostPhoneRecovery(token: $t) { securityQuestion totpRequired readyAt expiresAt } }`, vars{"t": token})
	askCounted[any](c, counted, "answerLostPhoneRecovery", 22,
		`mutation($t: String!) { answerLostPhoneRecovery(input: {token: $t, securityAnswer: "rex"}) { recovery { readyAt } userErrors { code } } }`, vars{"t": token})
	newPhone, newPassword = "+79165554433", "a rest on the beach"
	askCounted[any](c, counted, "setRecoveryPhone", 10,
		`mutation($t: String!, $p: PhoneNumber!) { setRecoveryPhone(input: {token: $t, phone: $p}) { challenge { id sentTo } userErrors { code } } }`, vars{"t": token, "p": newPhone})
	askCounted[any](c, counted, "completeLostPhoneRecovery", 26, `mutation($t: String!, $c: String!) { completeLostPhoneRecovery(input: {token: $t, code: $c,
		newPassword: "a rest on the beach", newPasswordConfirmation: "a rest on the beach"}) { wmid userErrors { code } } }`,
		vars{"t": token, "c": c.newestCode(newPhone)})

	ask[any](c, lost, vars{"l": newPhone})
	token = tokenOf(c.newestLink("q@purser.test"))
	ask[any](c, `mutation($t: String!) { answerLostPhoneRecovery(input: {token: $t, securityAnswer: "Rex"}) { userErrors { code } } }`, vars{"t": token})
	askCounted[any](c, counted, "cancelRecovery", 11, `mutation($t: String!) { cancelRecovery(input: {token: $t}) { cancelled userErrors { code } } }`,
		vars{"t": tokenOf(c.newestLink(newPhone))})
	return newPhone, newPassword
}

func tokenOf(link string) string {
	_, token, _ := strings.Cut(link, "#token=")
	return token
}
