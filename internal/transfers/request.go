package transfers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/wallets"
	"purser/models"
)

const memoLongest = 255

// Request is a wish to send, as it was typed. Exactly one of the recipients is set.
type Request struct {
	From      string
	To        Recipient
	Amount    string
	Memo      string
	FeePaidBy string
	Key       uuid.UUID
	// Protection keeps the money out of reach of both sides for a term; nil: not.
	Protection *Protection
}

// Recipient says who gets the money: a wallet, or a person, whose default wallet of the currency it is then.
type Recipient = wallets.Recipient

// asked is a request that reads well, before anything is looked up.
type asked struct {
	Request
	currency    money.Currency
	minor       int64
	to          string // the recipient in one spelling
	protection  protection
	fingerprint []byte
}

// read judges the form of a request: what a person can mistype. Two requests that mean the same have one fingerprint.
func (s *Service) read(ctx context.Context, r Request) (asked, error) {
	r.From = strings.TrimSpace(r.From)
	if !number.ValidWallet(r.From) {
		return asked{}, fault.New(fault.InvalidWalletNumber, "from")
	}
	currency, ok := s.wallets.Currency(r.From[:1])
	if !ok {
		return asked{}, fault.New(fault.InvalidWalletNumber, "from")
	}
	to, err := r.To.Read(request.Of(ctx), "to")
	if err != nil {
		return asked{}, err
	}
	minor, err := s.wallets.Amount(r.Amount, currency, "amount")
	if err != nil {
		return asked{}, err
	}
	memo, refusal := text.Clean(r.Memo, memoLongest, "memo")
	if refusal != nil {
		return asked{}, refusal
	}
	r.Memo = memo
	protection, err := s.readProtection(r.Protection, r.Key)
	if err != nil {
		return asked{}, err
	}

	sum := sha256.Sum256(fmt.Appendf(nil, "PAYMENT %s %s %d %s %q%s", r.From, to, minor, r.FeePaidBy, memo, protection.print()))
	return asked{Request: r, currency: currency, minor: minor, to: to, protection: protection, fingerprint: sum[:]}, nil
}

func (a asked) isSameAs(t models.Transfer) bool { return secret.Equal(a.fingerprint, t.Fingerprint) }

// draft looks up the two wallets and makes the row of the transfer. Of the wallets it knows what never changes; balances and
// whether they are open are judged by the ledger, under its lock.
func (s *Service) draft(ctx context.Context, viewer models.Account, a asked) (t models.Transfer, to wallets.Identity, err error) {
	from, err := s.wallets.Identify(ctx, a.From, "from")
	if fault.Is(err, fault.RecipientNotFound) || (err == nil && from.AccountID != viewer.ID) {
		return t, to, fault.New(fault.WalletNotFound, "from")
	}
	if err != nil {
		return t, to, err
	}
	if to, err = s.resolve(ctx, viewer.ID, a); err != nil {
		return t, to, err
	}
	if refusal := ledger.Mismatched(from.ID == to.ID, from.Currency, to.Currency); refusal != nil {
		return t, to, refusal
	}

	var fee int64
	if from.AccountID != to.AccountID {
		fee = a.currency.Fee.Of(a.minor)
	}
	if a.FeePaidBy == models.FeePaidByRecipient && fee >= a.minor {
		return t, to, fault.New(fault.InvalidAmount, "amount").Because(fault.OutOfRange).
			With("Fee", money.Amount{Minor: fee, Currency: a.currency})
	}
	if a.protection.kind != "" && from.AccountID == to.AccountID {
		return t, to, fault.Invalid(fault.OwnWallets, "protection")
	}
	id, err := uuid.NewV7()
	t = models.Transfer{
		ID: id, Kind: models.TransferPayment, AccountID: viewer.ID, IdempotencyKey: a.Key, Fingerprint: a.fingerprint,
		Currency: from.Currency, FromWalletID: from.ID, ToWalletID: to.ID, FromAccountID: from.AccountID, ToAccountID: to.AccountID,
		Amount: a.minor, Fee: fee, FeePaidBy: a.FeePaidBy, Memo: a.Memo, CreatedAt: s.db.Now(),
	}
	a.protection.put(&t)
	return t, to, err
}

// resolve finds the wallet that receives: the one that is named, or a person's default one.
func (s *Service) resolve(ctx context.Context, viewer uuid.UUID, a asked) (wallets.Identity, error) {
	var owner models.Account
	var err error
	field := "wmid"
	switch {
	case a.To.WalletNumber != nil:
		return s.wallets.Identify(ctx, a.to, "to", "walletNumber")
	case a.To.WMID != nil:
		owner, err = s.accounts.FindByWMID(ctx, a.to, "to", field)
	default:
		field = "phone"
		// An answer tells whether a phone has an account: nobody may go through a list of them.
		if err := s.verification.Spend(ctx, wallets.PhoneLooks(viewer)); err != nil {
			return wallets.Identity{}, err
		}
		owner, err = s.accounts.FindByPhone(ctx, a.to, request.Of(ctx).Locale, "to", field)
	}
	if err != nil {
		return wallets.Identity{}, err
	}
	return s.wallets.Receiving(ctx, owner.ID, string(a.currency.Letter), "to", field)
}
