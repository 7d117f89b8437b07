package ledger

import (
	"bytes"
	"math"
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
	now     time.Time
	wallets map[int64]*models.Wallet
	fees    map[string]int64 // id of each currency's fee wallet, in the poster's shard
	byKey   map[key]models.Transfer
	stored  map[uuid.UUID]models.Transfer
	allowed map[policy]int64 // how much goes without a code
	parties map[uuid.UUID]party
	heads   map[uuid.UUID]bool // of events, that were to be had; known when skipLocked
	entries []models.Entry

	skipLocked bool // rows that others hold were left out: what is not here may be there
}

type policy struct {
	account  uuid.UUID
	currency string
}

func newBook(now time.Time, fees map[string]int64) *book {
	return &book{
		now: now, fees: fees, wallets: map[int64]*models.Wallet{}, byKey: map[key]models.Transfer{}, stored: map[uuid.UUID]models.Transfer{},
		allowed: map[policy]int64{}, parties: map[uuid.UUID]party{}, heads: map[uuid.UUID]bool{},
	}
}

// party is what an account that sends to others, or receives, is judged by.
type party struct {
	heldUntil    *time.Time // until then, what it sends and needs a code waits
	agreed       bool       // to the newest version of every agreement
	takesNothing bool       // it is closed, or is being closed
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
		small := t.Debit() <= b.allowed[policy{t.FromAccountID, t.Currency}]
		if refusal := b.refuseSender(t.FromAccountID, small); refusal != nil {
			return &verdict{refusal: refusal}
		}
		if !small && !p.Stored {
			return &verdict{coded: true}
		}
	}

	t.Status, t.PostedAt, t.CompletedAt = models.TransferCompleted, &b.now, &b.now
	b.enter(t, t.FromWalletID, -t.Debit())
	b.enter(t, t.ToWalletID, t.Credit())
	if t.Fee > 0 {
		b.enter(t, b.fees[t.Currency], t.Fee)
	}
	b.stored[t.ID], b.byKey[key{t.AccountID, t.IdempotencyKey}] = t, t
	return &verdict{outcome: Outcome{Transfer: t}, posted: true, insert: !p.Stored, news: news(t)}
}

// isMissing tells whether a row that a transfer needs was left out because others hold it.
func (b *book) isMissing(t models.Transfer) bool {
	for _, account := range []uuid.UUID{t.FromAccountID, t.ToAccountID} {
		if account != models.SystemAccountID && !b.heads[account] {
			return true
		}
	}
	return b.wallets[t.FromWalletID] == nil || b.wallets[t.ToWalletID] == nil || (t.Fee > 0 && b.wallets[b.fees[t.Currency]] == nil)
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
		if first.Status != models.TransferCompleted {
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
	case !to.IsOpen() || b.parties[t.ToAccountID].takesNothing:
		return fault.New(fault.WalletClosed, "to")
	case t.Amount <= 0 || t.Amount > money.MaxMinor || t.Credit() <= 0 || to.Balance > math.MaxInt64/2 || from.Balance < math.MinInt64/2:
		return fault.New(fault.InvalidAmount, "amount")
	case t.Fee > 0 && b.wallets[b.fees[t.Currency]] == nil:
		return fault.New(fault.CurrencyMismatch, "from") // a currency that came after this server was started
	case from.Kind != models.WalletIssue && from.Balance < t.Debit():
		return insufficient(p.Currency, from.Balance, t.Debit())
	}
	return nil
}

// refuseSender says why an account cannot send to others now, or nil. What is small needs no code and is not held.
func (b *book) refuseSender(account uuid.UUID, small bool) *fault.Fault {
	s := b.parties[account]
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
		With("Available", facts.Available.String()).With("Required", facts.Required.String())
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

// news is what a posted transfer tells the devices of both sides. A move between own wallets is one piece of news, and the
// system has no devices.
func news(t models.Transfer) (drafts []events.Draft) {
	if t.FromAccountID != models.SystemAccountID {
		drafts = append(drafts, events.Draft{AccountID: t.FromAccountID, Kind: models.EventTransferSent, Subject: t.ID.String()})
	}
	if t.ToAccountID != t.FromAccountID && t.ToAccountID != models.SystemAccountID {
		drafts = append(drafts, events.Draft{AccountID: t.ToAccountID, Kind: models.EventTransferReceived, Subject: t.ID.String()})
	}
	return drafts
}
