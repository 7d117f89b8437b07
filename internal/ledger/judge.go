package ledger

import (
	"bytes"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/money"
	"purser/models"
)

// book is what a group's transaction has locked and read: the wallets by id, the transfers that exist already, and all
// that the group has decided so far. Judging changes the book only; writing it down is the store's work.
type book struct {
	now       time.Time
	wallets   map[int64]*models.Wallet
	till      *till
	byKey     map[key]models.Transfer
	stored    map[uuid.UUID]models.Transfer
	senders   map[pocket]*sender
	blocked   map[pair]bool
	expecting []int64            // wallets whose incoming money has changed
	changed   []uuid.UUID        // the stored ones to update
	heads     map[uuid.UUID]bool // of events, that were to be had; known when skipLocked
	entries   []models.Entry

	skipLocked bool // rows that others hold were left out: what is not here may be there
	onlyLook   bool // nothing is locked and nothing will be written
}

// pocket is what limits and policies are for.
type pocket struct {
	account  uuid.UUID
	currency string
}

func newBook(now time.Time, t *till) *book {
	return &book{
		now: now, till: t, wallets: map[int64]*models.Wallet{}, byKey: map[key]models.Transfer{}, stored: map[uuid.UUID]models.Transfer{},
		senders: map[pocket]*sender{}, blocked: map[pair]bool{}, heads: map[uuid.UUID]bool{},
	}
}

// sender is what an account that sends to others is judged by.
type sender struct {
	active    bool       // neither frozen nor closed
	heldUntil *time.Time // until then, what needs a code waits
	agreed    bool       // to the newest version of every agreement
	level     string     // of its certificate
	allowed   int64      // without a code, in 24 hours
	spending  models.Spending
	spent     bool // in this group: spending is to be written
}

type key struct{ account, idempotency uuid.UUID }

// verdict is what becomes of one posting of a group.
type verdict struct {
	outcome Outcome
	refusal *fault.Fault
	coded   bool // it needs a code
	missing bool // somebody holds a row that it needs: nothing is decided
	posted  bool // this group posts it: there is something to write
	insert  bool // its row is not in the table yet
	news    []events.Draft
	ended   bool      // it ends a protected transfer
	session uuid.UUID // that asked for it
}

func (v *verdict) err() error {
	if v.refusal != nil {
		return v.refusal
	}
	if v.coded {
		return ErrNeedsCode
	}
	return nil
}

// judge decides on one posting, given all that was decided before it, and books its entries if it is good.
func (b *book) judge(p Posting) *verdict {
	t := p.Transfer
	if _, found := b.stored[t.ID]; b.skipLocked && p.Stored && !found {
		return &verdict{missing: true}
	}
	if p.Action != Pay {
		return b.judgeEnd(p)
	}
	// What is there already needs no lock: it comes before a look at the rows that are not to be had.
	if first, ok := b.first(p); ok {
		return b.judgeRepeat(p, first)
	}
	if b.skipLocked && b.isMissing(t) {
		return &verdict{missing: true}
	}
	if refusal := b.refuse(p); refusal != nil {
		return &verdict{refusal: refusal}
	}
	if p.Policed {
		if v := b.police(p); v != nil {
			return v
		}
	}
	if b.isOverCap(t) {
		return &verdict{refusal: fault.New(fault.RecipientRefuses, "to").Because(fault.OverCap)}
	}
	if p.Policed {
		b.count(p)
	}
	return b.pay(p)
}

// isOverCap tells whether the recipient's wallet cannot take so much. It is judged last, and not for a quote: each answer takes a transfer that
// is good otherwise, and each that goes through costs money, so that nobody finds out what a stranger holds.
func (b *book) isOverCap(t models.Transfer) bool {
	to := b.wallets[t.ToWalletID]
	return !b.onlyLook && to.Cap != nil && t.FromAccountID != t.ToAccountID && t.RefundOf == nil && to.Balance+to.Incoming+t.Credit() > *to.Cap
}

// count adds what goes to others to what its sender has spent.
func (b *book) count(p Posting) {
	if p.Transfer.RefundOf != nil {
		return
	}
	s := b.senders[pocket{p.Transfer.FromAccountID, p.Transfer.Currency}]
	spend(&s.spending, p.Transfer.Debit(), p.Stored, b.now)
	s.spent = true
}

// police judges what goes to others by who sends it; nil lets it go.
func (b *book) police(p Posting) *verdict {
	s := b.senders[pocket{p.Transfer.FromAccountID, p.Transfer.Currency}]
	if s == nil {
		return &verdict{missing: b.skipLocked, refusal: fault.New(fault.WalletNotFound, "from")}
	}
	if !s.active {
		return &verdict{refusal: fault.New(fault.AccountFrozen)}
	}
	if p.Transfer.RefundOf != nil { // it goes back where it came from: no code and no limit is in its way, but the hold after a recovery
		if refusal := b.refuseSender(s, false); refusal != nil {
			return &verdict{refusal: refusal}
		}
		return nil
	}
	roll(&s.spending, b.now)
	debit := p.Transfer.Debit()
	small := debit <= s.allowed-s.spending.Uncoded
	if refusal := b.refuseSender(s, small); refusal != nil {
		return &verdict{refusal: refusal}
	}
	if limit, limited := b.till.limits[tier{s.level, p.Transfer.Currency}]; limited {
		if refusal := refuseLimit(limitsOf(&limit, s.spending, b.now), debit, p.Currency); refusal != nil {
			return &verdict{refusal: refusal}
		}
	}
	if !small && !p.Stored {
		return &verdict{coded: true}
	}
	return nil
}

// pay books a posting that nothing speaks against.
func (b *book) pay(p Posting) *verdict {
	t := p.Transfer
	t.PostedAt = &b.now
	b.enter(t, t.FromWalletID, -t.Debit())
	if t.IsProtected() {
		b.protect(&t)
		b.expect(t, t.Credit())
		b.enter(t, b.till.protected[t.Currency], t.Debit())
	} else {
		t.Status, t.CompletedAt = models.TransferCompleted, &b.now
		b.enter(t, t.ToWalletID, t.Credit())
		if t.Fee > 0 {
			b.enter(t, b.till.fees[t.Currency], t.Fee)
		}
	}
	if t.RefundOf != nil {
		paid := b.stored[*t.RefundOf]
		paid.Refunded += t.Amount
		b.keep(paid)
	}
	b.byKey[key{t.AccountID, t.IdempotencyKey}] = t
	if p.Stored {
		b.keep(t)
	} else {
		b.stored[t.ID] = t
	}
	return &verdict{outcome: Outcome{Transfer: t}, posted: true, insert: !p.Stored, news: news(t), session: p.Session}
}

// isMissing tells whether a row that a transfer needs was left out because others hold it.
func (b *book) isMissing(t models.Transfer) bool {
	for _, account := range []uuid.UUID{t.FromAccountID, t.ToAccountID} {
		if account != models.SystemAccountID && !b.heads[account] {
			return true
		}
	}
	if t.RefundOf != nil {
		if _, found := b.stored[*t.RefundOf]; !found {
			return true
		}
	}
	for _, id := range b.till.walletsOf(t) {
		if b.wallets[id] == nil {
			return true
		}
	}
	return false
}

// first finds the transfer that a posting repeats or continues.
func (b *book) first(p Posting) (models.Transfer, bool) {
	if p.Stored {
		t, ok := b.stored[p.Transfer.ID]
		return t, !ok || t.Status != models.TransferAwaitingConfirmation || t.ConfirmedAt == nil
	}
	t, ok := b.byKey[key{p.Transfer.AccountID, p.Transfer.IdempotencyKey}]
	return t, ok
}

// judgeRepeat answers a posting whose key or row has been dealt with. The same id means that it was this very posting, in
// an attempt whose commit was not heard of.
func (b *book) judgeRepeat(p Posting, first models.Transfer) *verdict {
	if p.Stored {
		if first.PostedAt == nil {
			return &verdict{refusal: fault.New(fault.TransferState)}
		}
		return &verdict{outcome: Outcome{Transfer: first}}
	}
	if !bytes.Equal(first.Fingerprint, p.Transfer.Fingerprint) {
		return &verdict{refusal: fault.New(fault.IdempotencyKeyReused, "idempotencyKey")}
	}
	return &verdict{outcome: Outcome{Transfer: first, Replayed: first.ID != p.Transfer.ID}}
}

// refuse says why a posting cannot be, or nil.
func (b *book) refuse(p Posting) *fault.Fault {
	t := p.Transfer
	from, to := b.wallets[t.FromWalletID], b.wallets[t.ToWalletID]
	switch {
	case from == nil || from.AccountID != t.FromAccountID:
		return fault.New(fault.WalletNotFound, "from")
	case to == nil || to.AccountID != t.ToAccountID:
		return fault.New(fault.RecipientNotFound, "to")
	}
	if refusal := Mismatched(from.ID == to.ID, from.Currency, to.Currency); refusal != nil {
		return refusal
	}
	switch {
	case !from.IsOpen():
		return fault.New(fault.WalletClosed, "from")
	case isScreened(t) && b.blocked[pair{t.FromAccountID, t.ToAccountID}]: // before anything about the wallet: nothing more is told
		return fault.New(fault.RecipientRefuses, "to")
	case !to.IsOpen() || to.Shut:
		return fault.New(fault.WalletClosed, "to")
	case t.Amount <= 0 || t.Amount > money.MaxMinor || t.Credit() <= 0 || to.Balance > math.MaxInt64/2 || from.Balance < math.MinInt64/2:
		return fault.New(fault.InvalidAmount, "amount")
	case slices.ContainsFunc(b.till.walletsOf(t), func(id int64) bool { return b.wallets[id] == nil }):
		return fault.New(fault.CurrencyMismatch, "from") // a currency that came after this server was started
	}
	if t.RefundOf != nil {
		if refusal := b.refuseRefund(t, p.Currency); refusal != nil {
			return refusal
		}
	}
	switch {
	case from.Kind != models.WalletIssue && from.Balance < t.Debit():
		return insufficient(p.Currency, from.Balance, t.Debit())
	}
	return nil
}

// refuseSender says why an account cannot send to others now, or nil. What is small needs no code and is not held.
func (b *book) refuseSender(s *sender, small bool) *fault.Fault {
	switch {
	case !s.agreed:
		return fault.New(fault.AgreementsNotAccepted)
	case !small && s.heldUntil != nil && b.now.Before(*s.heldUntil):
		return fault.Held(*s.heldUntil, b.now)
	}
	return nil
}

// Mismatched says why two wallets can never send to each other, or nil.
func Mismatched(same bool, from, to string) *fault.Fault {
	switch {
	case same:
		return fault.New(fault.SameWallet, "to")
	case from != to:
		return fault.New(fault.CurrencyMismatch, "to").With("From", from).With("To", to).
			Knowing(fault.MismatchFacts{From: money.Letter(from), To: money.Letter(to)})
	}
	return nil
}

// insufficient is the refusal of a wallet that holds less than is to leave it; both amounts are in minor units.
func insufficient(currency money.Currency, available, required int64) *fault.Fault {
	facts := fault.FundsFacts{
		Available: money.Amount{Minor: available, Currency: currency}, Required: money.Amount{Minor: required, Currency: currency},
	}
	return fault.New(fault.InsufficientFunds, "amount").Knowing(facts).
		With("Available", facts.Available).With("Required", facts.Required)
}

// enter books one entry: the wallet's next version, chained to the one before.
func (b *book) enter(t models.Transfer, walletID, amount int64) {
	w := b.wallets[walletID]
	w.Balance += amount
	w.Version++
	e := models.Entry{
		WalletID: walletID, Version: w.Version, TransferID: t.ID, Amount: amount, BalanceAfter: w.Balance, PostedAt: b.now,
	}
	e.Hash = Chain(w.HeadHash, e)
	w.HeadHash = e.Hash
	b.entries = append(b.entries, e)
}

// updates tell the devices of both sides to look at a transfer again.
func updates(t models.Transfer) []events.Draft {
	return []events.Draft{
		{AccountID: t.FromAccountID, Kind: models.EventTransferUpdated, Subject: t.ID.String()},
		{AccountID: t.ToAccountID, Kind: models.EventTransferUpdated, Subject: t.ID.String()},
	}
}

// news is what a posted transfer tells the devices of both sides. A move between own wallets is one piece of news, and the
// system has no devices.
func news(t models.Transfer) (drafts []events.Draft) {
	if t.FromAccountID != models.SystemAccountID {
		drafts = append(drafts, events.Draft{AccountID: t.FromAccountID, Kind: models.EventTransferSent, Subject: t.ID.String()})
	}
	if t.ToAccountID != t.FromAccountID && t.ToAccountID != models.SystemAccountID {
		drafts = append(drafts, events.Draft{AccountID: t.ToAccountID, Kind: models.EventTransferReceived, Subject: t.ID.String()})
	}
	if t.RefundOf != nil { // of the payment there is something new too
		drafts = append(drafts, events.Draft{AccountID: t.FromAccountID, Kind: models.EventTransferUpdated, Subject: t.RefundOf.String()},
			events.Draft{AccountID: t.ToAccountID, Kind: models.EventTransferUpdated, Subject: t.RefundOf.String()})
	}
	return drafts
}
