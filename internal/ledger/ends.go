package ledger

import (
	"slices"
	"time"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/models"
)

// Action is what a posting does with its transfer.
type Action int

// Pay moves the money of a new or confirmed transfer: to the recipient, or, of a protected one, out of reach of both. The others end a
// protected one: Settle does what is due (the code was right, the attempts are used up, or the term has ended); Reject is the
// recipient's, Cancel the sender's will, before anything is due.
const (
	Pay Action = iota
	Settle
	Reject
	Cancel
)

// ProtectionAttempts are the wrong codes that a protected transfer forgives; the last of them sends it back.
const ProtectionAttempts = 8

// RefundTerm is how long a payment can be sent back.
const RefundTerm = 90 * 24 * time.Hour

// end is what becomes of protected money.
type end int

const (
	notYet end = iota
	toRecipient
	toSender
)

// due tells what becomes of a protected transfer at a time, if nobody decides otherwise first. A code that was right in time counts,
// however late it is settled.
func due(t models.Transfer, now time.Time) end {
	switch {
	case t.AcceptedAt != nil:
		return toRecipient
	case t.AttemptsLeft != nil && *t.AttemptsLeft == 0:
		return toSender
	case now.Before(*t.ProtectedUntil):
		return notYet
	case *t.Protection == models.ProtectedByTime:
		return toRecipient
	}
	return toSender
}

// judgeEnd ends a protected transfer, or tells that it cannot be ended so. One that has ended already as it should is a repeat.
func (b *book) judgeEnd(p Posting) *verdict {
	t, found := b.stored[p.Transfer.ID]
	if !found || t.PostedAt == nil {
		return &verdict{refusal: fault.New(fault.TransferState)}
	}
	if t.Status != models.TransferProtected {
		if p.Action != Settle && t.Status != models.TransferReturned {
			return &verdict{refusal: fault.New(fault.TransferState)}
		}
		return &verdict{outcome: Outcome{Transfer: t, Replayed: true}}
	}
	if b.skipLocked && b.isMissing(t) {
		return &verdict{missing: true}
	}
	outcome := due(t, b.now)
	switch {
	case p.Action == Reject && outcome == notYet:
		outcome = toSender
	case p.Action == Cancel && outcome == notYet && t.AttemptsLeft != nil && *t.AttemptsLeft == ProtectionAttempts:
		outcome = toSender
	case p.Action != Settle || outcome == notYet:
		return &verdict{refusal: fault.New(fault.TransferState)}
	}
	if to := b.wallets[t.ToWalletID]; outcome == toRecipient && (to == nil || !to.IsOpen()) {
		outcome = toSender
	}

	if slices.ContainsFunc(b.till.walletsOf(t), func(id int64) bool { return b.wallets[id] == nil }) {
		return &verdict{refusal: fault.New(fault.TransferState)} // a currency that came after this server was started: another ends it
	}
	if outcome == toSender && !b.wallets[t.FromWalletID].IsOpen() {
		return &verdict{refusal: fault.New(fault.WalletClosed)} // a server of an older version let it be closed
	}

	b.expect(t, -t.Credit())
	b.enter(t, b.till.protected[t.Currency], -t.Debit())
	if outcome == toSender {
		t.Status = models.TransferReturned
		b.enter(t, t.FromWalletID, t.Debit())
	} else {
		t.Status = models.TransferCompleted
		b.enter(t, t.ToWalletID, t.Credit())
		if t.Fee > 0 {
			b.enter(t, b.till.fees[t.Currency], t.Fee)
		}
	}
	t.CompletedAt = &b.now
	b.keep(t)
	return &verdict{outcome: Outcome{Transfer: t}, posted: true, news: updates(t), ended: true, session: p.Session}
}

// expect counts protected money that may come to a wallet, or has stopped to.
func (b *book) expect(t models.Transfer, minor int64) {
	w := b.wallets[t.ToWalletID]
	w.Incoming += minor
	if !slices.Contains(b.expecting, w.ID) {
		b.expecting = append(b.expecting, w.ID)
	}
}

// protect sets the term of a transfer whose money goes out of reach now.
func (b *book) protect(t *models.Transfer) {
	until := b.now.Add(time.Duration(*t.ProtectionDays) * 24 * time.Hour)
	t.Status, t.ProtectedUntil, t.SettleAt = models.TransferProtected, &until, &until
}

// refuseRefund says why a payment cannot be sent back, or not so much of it. It goes between the two wallets of the payment, once the
// money was the recipient's for good.
func (b *book) refuseRefund(t models.Transfer, currency money.Currency) *fault.Fault {
	paid, found := b.stored[*t.RefundOf]
	switch {
	case !found || paid.ToAccountID != t.FromAccountID || paid.ToWalletID != t.FromWalletID || paid.FromWalletID != t.ToWalletID:
		return fault.New(fault.TransferNotFound, "transferId")
	case paid.Status != models.TransferCompleted || paid.Kind != models.TransferPayment || paid.FromAccountID == paid.ToAccountID:
		return fault.New(fault.TransferState, "transferId")
	case !b.now.Before(paid.CompletedAt.Add(RefundTerm)):
		return fault.New(fault.TransferState, "transferId").Because(fault.TooLate)
	case paid.Refunded == paid.Amount:
		return fault.New(fault.TransferState, "transferId").Because(fault.AllBack)
	case t.Amount > paid.Amount-paid.Refunded:
		left := money.Amount{Minor: paid.Amount - paid.Refunded, Currency: currency}
		return fault.New(fault.InvalidAmount, "amount").Because(fault.Rest).With("Most", left)
	}
	return nil
}

// keep notes what has become of a transfer that is in the table already, for the rest of the group and for the store.
func (b *book) keep(t models.Transfer) {
	b.stored[t.ID] = t
	if !slices.Contains(b.changed, t.ID) {
		b.changed = append(b.changed, t.ID)
	}
}
