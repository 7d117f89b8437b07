package resolvers

import (
	"purser/graph/generated"
	"purser/graph/model"
)

// assumedWallets is how many wallets a person is taken to have when a request is weighed; the list is bounded at a hundred,
// but few have more than a handful.
const assumedWallets = 5

// assumedSessions is the same for the apps a person is signed in with.
const assumedSessions = 5

// assumedPasskeys is the same for passkeys.
const assumedPasskeys = 3

// What a filter and a turnover weigh beside what they show, and how many months a turnover is taken to have.
const (
	filterWeight   = 100
	turnoverWeight = 50
	assumedMonths  = 12
)

// drawing is what a QR code weighs.
const drawing = 50

// assumedBlocked is the same for those whom a person blocks.
const assumedBlocked = 10

// Complexity weighs the fields that are lists: what one item costs, times how many are asked for. A number that is out of
// bounds weighs like the largest; the resolver refuses it.
func Complexity() generated.ComplexityRoot {
	var c generated.ComplexityRoot
	c.Account.Wallets = func(child int) int { return 1 + assumedWallets*child }
	c.Account.Transfers = func(child int, first *int, _ *string, last *int, _ *string, filter *model.TransferFilter) int {
		if filter != nil { // it may look at many more than it shows
			return filterWeight + page(child, first, last)
		}
		return page(child, first, last)
	}
	c.Account.RefusedTransfers = func(child int, first *int, _ *string, last *int, _ *string) int { return page(child, first, last) }
	c.Account.Turnover = func(child int, _, _, _ string) int { return turnoverWeight + assumedMonths*child }
	c.Account.Events = func(child int, first *int, _ *string) int { return page(child, first, nil) }
	c.Account.SecurityLog = func(child int, first *int, _ *string, last *int, _ *string) int { return page(child, first, last) }
	c.Account.Sessions = func(child int) int { return 1 + assumedSessions*child }
	c.Account.BlockedAccounts = func(child int) int { return 1 + assumedBlocked*child }
	c.Account.Contacts = func(child int, first *int, _ *string, last *int, _ *string) int { return page(child, first, last) }
	c.Account.SuggestedContacts = func(child int) int { return filterWeight + assumedBlocked*child }
	c.NotificationSettings.Events = func(child int) int { return 1 + assumedPasskeys*child }
	c.NotificationSettings.PushDevices = func(child int) int { return 1 + assumedPasskeys*child }
	c.SecondFactors.Passkeys = func(child int) int { return 1 + assumedPasskeys*child }
	c.Wallet.Entries = func(child int, first *int, _ *string, last *int, _ *string) int { return page(child, first, last) }
	c.Account.PendingAgreements = func(child int) int { return 1 + 2*child }
	c.Account.ConfirmationPolicies = func(child int) int { return 2 + assumedWallets*child }
	c.Account.Limits = func(child int, _ string) int { return 2 + 3*child }
	c.TransferQuote.Limits = func(child int) int { return 1 + 3*child }
	c.OperatorAccount.Wallets = func(child int) int { return 1 + assumedWallets*child }
	c.OperatorAccount.Sessions = func(child int) int { return 1 + assumedSessions*child }
	c.OperatorAccount.SecurityLog = func(child int, first *int) int { return page(child, first, nil) }
	c.Query.OperatorLog = func(child int, first *int, _, _, _ *string, _ *model.OperatorActionKind) int {
		return page(child, first, nil)
	}
	c.Query.OperatorRequests = func(child int, first *int, _ *string, _ model.OperatorRequestStatus) int {
		return page(child, first, nil)
	}
	c.Query.TransferQuote = func(child int, _ model.TransferQuoteInput) int { return 10 + child }
	c.Query.Recipient = func(child int, _ model.RecipientInput, _ string) int { return 5 + child }
	c.Query.PaymentLink = func(child int, _ model.PaymentLinkInput) int { return 5 + child }
	c.Query.PaymentRequest = func(child int, _ string) int { return 5 + child }
	c.PaymentLink.QRPng = func(int, int) int { return drawing }
	c.PaymentLink.QRSVG = func(int) int { return drawing }
	c.PaymentRequest.QRSVG = func(int) int { return drawing }
	c.Query.Nodes = func(child int, ids []string) int { return 1 + min(len(ids), pageMost)*child }
	c.Query.Currencies = func(child int) int { return 1 + child }
	return c
}

func page(child int, first, last *int) int {
	items := pageDefault
	for _, asked := range []*int{first, last} {
		if asked != nil {
			items = *asked
		}
	}
	if items < 1 || items > pageMost {
		items = pageMost
	}
	return 1 + items*child
}
