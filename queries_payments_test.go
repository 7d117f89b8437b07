package main

import "testing"

// payment is the part of an answer that payments are followed by.
type payment struct {
	Transfer  struct{ ID, Status string }
	Challenge struct{ ID string }
	Replayed  bool
}

const createProtected = `mutation($from: WalletNumber!, $to: WalletNumber!, $key: UUID!, $p: TransferProtectionInput) {
  createTransfer(input: {from: $from, to: {walletNumber: $to}, amount: "2", protection: $p, idempotencyKey: $key}) {
    transfer { id status protection { kind expiresAt attemptsLeft } } challenge { id } replayed userErrors { code message field } } }`

func TestEveryPaymentHasAKnownNumberOfQueries(t *testing.T) {
	t.Parallel()
	s, counted := startCounted(t)
	walkPayments(s.client(t).anna(), s.client(t).boris(), counted)
}

// walkPayments lets two people do all that they can with transfers between them. What the ledger posts, it posts under no request's id.
func walkPayments(anna, boris *client, counted *statements) {
	annaWallet, _ := anna.wallet("E")
	borisWallet, _ := boris.wallet("E")
	// begin, the look, commit; both wallets; the recipient, whether they know each other; the limits; the system's wallets; all that the judge reads; rollback
	askCounted[any](anna, counted, "transferQuote", 11, `query($from: WalletNumber!, $to: WalletNumber!) {
		transferQuote(input: {from: $from, to: {walletNumber: $to}, amount: "2"}) { quote { fee { amount } needsConfirmation recipient { displayName } } userErrors { code } } }`,
		vars{"from": annaWallet, "to": borisWallet})
	askCounted[any](anna, counted, "recipient", 5, `query($to: WalletNumber!) { recipient(of: {walletNumber: $to}, currency: "E") { displayName certificateLevel } }`,
		vars{"to": borisWallet})
	askCounted[any](anna, counted, "limits", 1, `{ viewer { limits(currency: "E") { period total { amount } used { amount } remaining { amount } resetsAt } } }`, nil)

	askCounted[any](anna, counted, "confirmationPolicies", 1, `{ viewer { confirmationPolicies { currency { letter } withoutCodeUpTo { amount } } } }`, nil)

	pay := func(p any) string {
		made := ask[struct{ CreateTransfer payment }](anna, createProtected, vars{"from": annaWallet, "to": borisWallet, "key": newKey(), "p": p}).CreateTransfer
		ask[any](anna, confirmTransfer, vars{"id": made.Transfer.ID, "code": anna.newestCode("+79000000002")})
		return made.Transfer.ID
	}
	byCode := vars{"kind": "CODE", "code": "blue whale", "days": 3}
	// begin, the transfer, the attempt, commit; the transfer as it stands
	askCounted[any](boris, counted, "acceptTransfer", 5,
		`mutation($id: ID!) { acceptTransfer(input: {transferId: $id, protectionCode: "blue whale"}) { transfer { status } userErrors { code } } }`, vars{"id": pay(byCode)})
	askCounted[any](boris, counted, "rejectTransfer", 3,
		`mutation($id: ID!) { rejectTransfer(input: {transferId: $id}) { transfer { status } userErrors { code } } }`, vars{"id": pay(byCode)})
	askCounted[any](anna, counted, "cancelTransfer, protected", 4,
		`mutation($id: ID!) { cancelTransfer(input: {transferId: $id}) { transfer { status } userErrors { code } } }`, vars{"id": pay(byCode)})
	// the payment, the key; the refund as it stands, and of which payment it is
	askCounted[any](boris, counted, "refundTransfer", 4, `mutation($id: ID!, $key: UUID!) { refundTransfer(input: {transferId: $id, amount: "1", idempotencyKey: $key}) {
		transfer { status kind refundOf { id refunded { amount } } } replayed userErrors { code } } }`, vars{"id": pay(nil), "key": newKey()})
}
