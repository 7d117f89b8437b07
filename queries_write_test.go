package main

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// askCounted is ask for a mutation whose statements are counted, begin and commit among them, beside the one that finds out who
// asks.
func askCounted[T any](c *client, counted *statements, name string, want int, query string, variables vars) T {
	c.t.Helper()
	r, err := c.try(query, variables)
	if err != nil || len(r.Errors) > 0 || strings.Contains(string(r.Data), `"userErrors":[{`) {
		c.t.Fatalf("%s: %s %+v, %v", name, r.Data, r.Errors, err)
	}
	expect(c.t.(*testing.T), counted, r, name, want)
	return decode[T](c, r)
}

// TestEveryMutationHasAKnownNumberOfQueries walks through them, from a phone number to a log-out. What the ledger posts, it posts
// under no request's id.
func TestEveryMutationHasAKnownNumberOfQueries(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	walkMutations(s.client(t), counted)
}

func walkMutations(c *client, counted *statements) {
	const phone = "+79161112233"

	begun := askCounted[struct {
		StartRegistration struct{ Registration struct{ Token string } }
	}](c, counted, "startRegistration", 4,
		`mutation($p: PhoneNumber!) { startRegistration(input: {phone: $p}) { registration { token } userErrors { code } } }`, vars{"p": phone})
	token := begun.StartRegistration.Registration.Token
	askCounted[any](c, counted, "submitRegistrationProfile", 12, `mutation($t: String!) { submitRegistrationProfile(input: {token: $t, email: "q@purser.test",
		securityQuestion: "Pet?", securityAnswer: "Rex", profile: {firstName: "Q", lastName: "Q", birthDate: "1990-01-01"}}) { userErrors { code } } }`, vars{"t": token})
	// begin, registration, challenge, commit; what became of the message
	askCounted[any](c, counted, "registration", 5, `query($t: String!) { registration(token: $t) { challenge { delivery sentTo } } }`, vars{"t": token})
	askCounted[any](c, counted, "verifyRegistrationPhone", 10,
		`mutation($t: String!, $c: String!) { verifyRegistrationPhone(input: {token: $t, code: $c}) { userErrors { code } } }`, vars{"t": token, "c": c.newestCode(phone)})
	agreements := ask[struct{ Agreements []struct{ ID string } }](c, `{ agreements { id } }`, nil).Agreements
	made := askCounted[struct {
		CompleteRegistration struct {
			Tokens struct{ AccessToken, RefreshToken string }
		}
	}](c, counted, "completeRegistration", 26, `mutation($t: String!, $a: [ID!]!) { completeRegistration(input: {token: $t, acceptedAgreements: $a,
		password: "a walk on the beach", passwordConfirmation: "a walk on the beach"}) { tokens { accessToken refreshToken } userErrors { code } } }`,
		vars{"t": token, "a": []string{agreements[0].ID, agreements[1].ID}}).CompleteRegistration
	me := c.as(made.Tokens.AccessToken)

	askCounted[any](me, counted, "requestEmailVerification", 8, `mutation { requestEmailVerification { userErrors { code } } }`, nil)
	asked := askCounted[struct {
		LogIn struct{ Challenge struct{ ID string } }
	}](c, counted, "logIn", 16,
		`mutation($l: String!) { logIn(input: {login: $l, password: "a walk on the beach"}) { challenge { id } userErrors { code } } }`, vars{"l": phone})
	askCounted[any](c, counted, "confirmLogIn", 14,
		`mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c}) { tokens { accessToken } userErrors { code } } }`,
		vars{"i": asked.LogIn.Challenge.ID, "c": c.newestCode(phone)})
	askCounted[any](c, counted, "refreshSession", 9,
		`mutation($r: String!) { refreshSession(input: {refreshToken: $r}) { tokens { accessToken } userErrors { code } } }`, vars{"r": made.Tokens.RefreshToken})

	wallet := askCounted[struct {
		OpenWallet struct{ Wallet struct{ Number string } }
	}](me, counted, "openWallet", 6,
		`mutation { openWallet(input: {currency: "Z"}) { wallet { number } userErrors { code } } }`, nil).OpenWallet.Wallet.Number
	for name, want := range map[string]int{`renameWallet(input: {walletNumber: $n, name: "x"})`: 6, `setDefaultWallet(input: {walletNumber: $n})`: 6} {
		askCounted[any](me, counted, name, want, `mutation($n: WalletNumber!) { `+name+` { userErrors { code } } }`, vars{"n": wallet})
	}
	askCounted[any](c.operator(), counted, "issueFunds", 5, `mutation($n: WalletNumber!, $k: UUID!) { issueFunds(input: {walletNumber: $n, amount: "10",
		reference: "test", idempotencyKey: $k}) { transfer { status } userErrors { code } } }`, vars{"n": wallet, "k": newKey()})
	wmid := me.wmid()
	walkOperators(c.operator(), counted, wmid)
	annaWallet, _ := c.anna().wallet("Z")
	walkBlocks(me, counted, c.boris())
	walkContacts(me, counted, c.boris())
	walkNotifications(me, counted)
	for _, end := range []string{"confirm", "cancel"} {
		transfer := ask[created](me, createTransfer, vars{"from": wallet, "to": annaWallet, "amount": "1", "key": newKey()}).CreateTransfer.Transfer.ID
		if end == "confirm" {
			askCounted[any](me, counted, "confirmTransfer", 10, confirmTransfer, vars{"id": transfer, "code": c.newestCode(phone)})
		} else {
			askCounted[any](me, counted, "cancelTransfer", 8, `mutation($i: ID!) { cancelTransfer(input: {transferId: $i}) { transfer { status } userErrors { code } } }`, vars{"i": transfer})
		}
	}
	askCounted[any](me, counted, "setConfirmationPolicy", 7,
		`mutation { setConfirmationPolicy(input: {currency: "Z", withoutCodeUpTo: "0"}) { policy { withoutCodeUpTo { amount } } userErrors { code } } }`, nil)
	other := ask[struct {
		Viewer struct{ Sessions []struct{ ID string } }
	}](me, `{ viewer { sessions { id } } }`, nil).Viewer.Sessions[1].ID
	askCounted[any](me, counted, "revokeSession", 7,
		`mutation($i: ID!) { revokeSession(input: {sessionId: $i}) { sessionId userErrors { code } } }`, vars{"i": other})
	askCounted[any](me, counted, "revokeOtherSessions", 6, `mutation { revokeOtherSessions { sessionIds userErrors { code } } }`, nil)
	askCounted[any](me, counted, "pendingAgreements", 1, `{ viewer { pendingAgreements { id title } } }`, nil)
	// agreements; begin, account, acceptance, commit: it was accepted before
	askCounted[any](me, counted, "acceptAgreements", 5, `mutation($a: [ID!]!) { acceptAgreements(input: {agreementIds: $a}) { account { wmid } userErrors { code } } }`,
		vars{"a": []string{agreements[0].ID}})
	walkFactors(me, counted)
	walkPasskeys(me, counted)
	askCounted[any](me, counted, "logOut", 4, `mutation { logOut { sessionId userErrors { code } } }`, nil)
	regained, password := walkRecovery(c, counted, phone)
	walkChanges(c.logIn(regained, password, regained), counted, regained, password)
	// whose; begin, locked, the log; devices, log-ins, sessions; SMS and letter with their jobs, the security log, events, commit
	askCounted[any](c.operator(), counted, "endSessionsByOperator", 14, endBy, vars{"w": wmid, "r": "test"})
}

// walkOperators does to a person what operators do.
func walkOperators(operator *client, counted *statements, wmid string) {
	// begin, the counter, commit; by phone or WMID; the log. Then wallets, sessions, the security log
	askCounted[any](operator, counted, "accountSearch", 5, `query($q: String!) { accountSearch(input: {query: $q, reason: "test"}) { account { status } userErrors { code } } }`,
		vars{"q": wmid})
	askCounted[any](operator, counted, "accountSearch, all of it", 8, accountSearch, vars{"q": wmid, "r": "test"})
	// whose; begin, locked, the log, saved, a message with its job (no address is confirmed), the security log, events, commit
	askCounted[any](operator, counted, "freezeAccountByOperator", 10, freezeBy, vars{"w": wmid, "r": "test"})
	askCounted[any](operator, counted, "unfreezeAccountByOperator", 10, unfreezeBy, vars{"w": wmid, "r": "test"})
	askCounted[any](operator, counted, "operatorLog", 2, `{ operatorLog { nodes { action operator } } }`, nil)
	askCounted[any](operator, counted, "operatorLog of a subject", 2, `query($s: String!) { operatorLog(subject: $s) { nodes { action operator } } }`, vars{"s": wmid})
	askCounted[any](operator, counted, "operatorLog of an operator", 2, `query($s: WMID!) { operatorLog(operator: $s) { nodes { action operator } } }`, vars{"s": wmid})
	// the log; what is due; the list
	askCounted[any](operator, counted, "operatorRequests", 3, `{ operatorRequests { nodes { id } } }`, nil)
	// the log; begin, not there, rollback
	for name, decide := range map[string]string{"approveOperatorRequest": approve, "rejectOperatorRequest": reject} {
		v := vars{"i": "nonsense", "r": "test"}
		if decide == approve {
			delete(v, "r")
		}
		r, err := operator.try(decide, v)
		if err != nil || !strings.Contains(string(r.Data), "INVALID_INPUT") {
			operator.t.Fatalf("%s: %s, %v", name, r.Data, err)
		}
		expect(operator.t.(*testing.T), counted, r, name, 4)
	}
}

// walkBlocks has a person take no money from another, who tries, and then again.
func walkBlocks(me *client, counted *statements, other *client) {
	const (
		blocked = `{ viewer { blockedAccounts { wmid displayName since } } }`
		unblock = `mutation($w: WMID!) { unblockAccount(input: {wmid: $w}) { account { wmid } userErrors { code } } }`
	)
	wmid, mine := other.wmid(), me.wmid()
	// begin, the counter, commit; whom; begin, locks of the account and its wallets, the list; the row, the wallets, events, commit
	askCounted[any](me, counted, "blockAccount", 12, blockAccount, vars{"w": wmid})
	askCounted[any](me, counted, "blockedAccounts", 2, blocked, nil)
	from, _ := other.wallet("Z")
	ask[any](other, `mutation($f: WalletNumber!, $w: WMID!, $k: UUID!) { createTransfer(input: {from: $f, to: {wmid: $w}, amount: "1", idempotencyKey: $k}) { userErrors { code } } }`,
		vars{"f": from, "w": mine, "k": newKey()})
	askCounted[any](me, counted, "unblockAccount", 9, unblock, vars{"w": wmid})
}

// walkContacts has a person remember another, and be choosy.
func walkContacts(me *client, counted *statements, other *client) {
	// begin, the counter, commit; whom; begin, the account, the contact, how many, the row, events, commit; the view
	id := askCounted[struct{ AddContact struct{ Contact contactNode } }](me, counted, "addContact", 12, addContact, vars{"to": vars{"wmid": other.wmid()}, "n": "x"}).AddContact.Contact.ID
	// begin, the account, the contact, the row, events, commit; the view
	askCounted[any](me, counted, "renameContact", 7, renameContact, vars{"i": id, "n": "y"})
	askCounted[any](me, counted, "node", 1, `query($i: ID!) { node(id: $i) { ... on Contact { name } } }`, vars{"i": id})
	askCounted[any](me, counted, "suggestedContacts", 1, `{ viewer { suggestedContacts { wmid displayName } } }`, nil)
	for _, way := range []vars{{"f": 2}, {"l": 2}, {"f": 2, "a": cursorOf(id)}, {"l": 2, "b": cursorOf(id)}} {
		askCounted[any](me, counted, "contacts", 1, listContacts, way)
	}
	// begin, the account, its wallets, the policy, the marks, events, commit; the policy
	askCounted[any](me, counted, "setIncomingPolicy", 8, setIncoming, vars{"p": "CONTACTS"})
	askCounted[any](me, counted, "setIncomingPolicy", 8, setIncoming, vars{"p": "EVERYONE"})
	// begin, the account, its wallets, the row, events, commit
	askCounted[any](me, counted, "removeContact", 6, removeContact, vars{"i": id})
}

// walkNotifications has a person say what they want to be told of, and where. Nobody answers at the device's address.
func walkNotifications(me *client, counted *statements) {
	// begin, the account, its wallets, the choice, the marks, events, commit; the settings
	askCounted[any](me, counted, "setNotifications", 10, setNotifications, vars{"e": "MONEY_RECEIVED", "c": []string{"EMAIL", "PUSH"}})
	later := time.Now().UTC().Add(6 * time.Hour) // nothing that is told meanwhile waits for their end
	askCounted[any](me, counted, "setQuietHours", 10, setQuietHours, vars{"q": vars{"from": later.Format("15:04"), "to": later.Add(time.Hour).Format("15:04"), "timeZone": "UTC"}})
	askCounted[any](me, counted, "setQuietHours", 10, setQuietHours, vars{"q": nil})
	// begin, the counter, commit; begin, the target locked, whose it is, the account, its wallets, dead ones, the target, how many, the row, the marks,
	// events, commit
	device := askCounted[struct {
		RegisterPushDevice struct{ Device struct{ ID string } }
	}](me, counted, "registerPushDevice", 15, registerDevice, vars{"n": "x", "t": nowhere}).
		RegisterPushDevice.Device.ID
	// begin, the account, its wallets, the row, the marks, events, commit; the settings
	askCounted[any](me, counted, "unregisterPushDevice", 10, unregisterDevice, vars{"i": device})
	ask[any](me, registerDevice, vars{"n": "x", "t": nowhere}) // for what comes
}

// nowhere is a browser whose push service is away.
var nowhere = vars{"webPush": vars{"endpoint": "https://127.0.0.1:1/", "auth": strings.Repeat("A", 22),
	"p256dh": "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}}

// cursorOf is where a contact stands.
func cursorOf(contact string) string {
	plain, _ := base64.RawURLEncoding.DecodeString(contact)
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), "Contact:", "ContactCursor:", 1)))
}

// walkFactors gives a person an authenticator app and takes it away.
func walkFactors(me *client, counted *statements) {
	secret := askCounted[struct{ EnableTotp struct{ Secret string } }](me, counted, "enableTotp", 11,
		`mutation { enableTotp(input: {currentPassword: "a walk on the beach"}) { secret otpauthUri qrPng userErrors { code } } }`, nil).EnableTotp.Secret
	// begin; factor locked, saved, confirmed; codes deleted, written; journal; message, its job; events; commit
	backup := askCounted[struct {
		ConfirmTotp struct{ BackupCodes []string }
	}](me, counted, "confirmTotp", 11,
		`mutation($c: String!) { confirmTotp(input: {code: $c}) { backupCodes userErrors { code } } }`, vars{"c": appCode(me.t, secret)}).ConfirmTotp.BackupCodes
	askCounted[any](me, counted, "secondFactors", 1, `{ viewer { secondFactors { totp backupCodesLeft } } }`, nil)
	asked := askCounted[struct {
		LogIn struct{ Challenge struct{ ID, Method string } }
	}](me.as(""), counted, "logIn with an app", 14, `mutation { logIn(input: {login: "q@purser.test", password: "a walk on the beach"}) {
		challenge { id method sentTo delivery } userErrors { code } } }`, nil).LogIn.Challenge
	// the challenge is locked, then the factor; what there is; backup code, journal; factor, challenge saved; the oldest session, journal
	askCounted[any](me.as(""), counted, "confirmLogIn with a backup code", 17,
		`mutation($i: ID!, $c: String!) { confirmLogIn(input: {challengeId: $i, code: $c}) { tokens { accessToken } userErrors { code } } }`,
		vars{"i": asked.ID, "c": backup[0]})
	codes := askCounted[struct {
		RenewBackupCodes struct{ BackupCodes []string }
	}](me, counted, "renewBackupCodes", 13,
		`mutation($c: String!) { renewBackupCodes(input: {code: $c}) { backupCodes userErrors { code } } }`, vars{"c": backup[1]}).RenewBackupCodes.BackupCodes
	askCounted[any](me, counted, "disableTotp", 13,
		`mutation($c: String!) { disableTotp(input: {code: $c}) { account { wmid } userErrors { code } } }`, vars{"c": codes[0]})
}

// walkChanges has a person change what there is to change.
func walkChanges(me *client, counted *statements, phone, password string) {
	const newPhone, newPassword = "+79161112244", "a swim in the sea"
	// the account, counters, begin, the account, columns, devices, log-ins, sessions, letter or SMS with its job, log, events, commit
	askCounted[any](me, counted, "changePassword", 21, `mutation($p: String!, $n: String!) { changePassword(input: {currentPassword: $p, newPassword: $n,
		newPasswordConfirmation: $n}) { account { security { passwordChangedAt } } userErrors { code } } }`, vars{"p": password, "n": newPassword})
	askCounted[any](me, counted, "changePhone", 21, `mutation($p: String!, $n: PhoneNumber!) { changePhone(input: {currentPassword: $p, newPhone: $n}) {
		oldPhoneChallenge { id } newPhoneChallenge { id } userErrors { code } } }`, vars{"p": newPassword, "n": newPhone})
	askCounted[any](me, counted, "confirmPhoneChange", 25, `mutation($o: String!, $n: String!) { confirmPhoneChange(input: {oldPhoneCode: $o, newPhoneCode: $n}) {
		account { phone } userErrors { code } } }`, vars{"o": me.newestCode(phone), "n": me.newestCode(newPhone)})
	askCounted[any](me, counted, "changeSecurityQuestion", 21, `mutation($p: String!) { changeSecurityQuestion(input: {currentPassword: $p, question: "Ship?",
		answer: "Mir"}) { account { securityQuestion } userErrors { code } } }`, vars{"p": newPassword})
	askCounted[any](me, counted, "changeEmail", 20, `mutation($p: String!) { changeEmail(input: {currentPassword: $p, newEmail: "q2@purser.test"}) {
		account { email { address } } userErrors { code } } }`, vars{"p": newPassword})
	askCounted[any](me, counted, "updateProfile", 16, `mutation($p: String!) { updateProfile(input: {currentPassword: $p, profile: {firstName: "Q", lastName: "R",
		birthDate: "1990-01-01"}}) { account { profile { lastName } } userErrors { code } } }`, vars{"p": newPassword})
	askCounted[any](me, counted, "setLocale", 6, `mutation { setLocale(input: {locale: RU}) { account { locale } userErrors { code } } }`, nil)
	askCounted[any](me, counted, "freezeAccount", 10, `mutation { freezeAccount { account { status } userErrors { code } } }`, nil)
	askCounted[any](me, counted, "unfreezeAccount, asking", 10, `mutation { unfreezeAccount(input: {}) { challenge { id } userErrors { code } } }`, nil)
	askCounted[any](me, counted, "unfreezeAccount", 16, `mutation($c: String!) { unfreezeAccount(input: {code: $c}) { account { status } userErrors { code } } }`,
		vars{"c": me.newestCode(newPhone)})
	walkExport(me, counted)
	walkClosing(me, counted, newPhone, newPassword)
}

// walkExport has a person confirm an address, and ask for a copy of their data.
func walkExport(me *client, counted *statements) {
	_, token, _ := strings.Cut(me.newestLink("q2@purser.test"), "#token=")
	askCounted[any](me, counted, "verifyEmail", 13, `mutation($t: String!) { verifyEmail(input: {token: $t}) { account { wmid } userErrors { code } } }`, vars{"t": token})
	// begin, the account, the last one, the counter, the copy, its job, log, events, commit
	askCounted[any](me, counted, "requestDataExport", 9, `mutation { requestDataExport { dataExport { status } userErrors { code } } }`, nil)
}

// walkClosing empties a wallet and begins to close the account; its owner thinks better of it.
func walkClosing(me *client, counted *statements, phone, password string) {
	wallet, balance := me.wallet("Z")
	ask[any](me.operator(), redeemFunds, vars{"w": wallet, "a": balance, "r": "leaving", "k": newKey()})
	const closeAccount = `mutation($p: String!, $c: String) { closeAccount(input: {currentPassword: $p, code: $c}) { account { closesAt } challenge { id } userErrors { code } } }`
	// the account, counters, begin, the account; its app, counters, the message, its job, the challenge; wallets, what is under way; commit
	askCounted[any](me, counted, "closeAccount, asking", 20, closeAccount, vars{"p": password})
	askCounted[any](me, counted, "closeAccount", 32, closeAccount, vars{"p": password, "c": me.newestCode(phone)})
	askCounted[any](me, counted, "dataExport", 1, `{ viewer { dataExport { status } } }`, nil)
	askCounted[any](me, counted, "closesAt", 0, `{ viewer { closesAt } }`, nil)
	askCounted[any](me, counted, "cancelClosing", 13, `mutation { cancelClosing { account { closesAt } userErrors { code } } }`, nil)
}
