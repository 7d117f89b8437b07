package transfers

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/money"
	"purser/internal/request"
	"purser/internal/wallets"
	"purser/models"
)

// Quote is what a transfer would be. Amount, Fee and Total are in minor units.
type Quote struct {
	Currency           money.Currency
	Amount, Fee, Total int64
	To                 Somebody
	NeedsCode          bool
	Limits             []ledger.Limit
}

// Somebody is whom one could send to. Name is as the viewer may see it.
type Somebody struct{ Name, Level string }

// Quote tells what Create would do now: it reads the same request, and the same judge judges it; nothing is moved, reserved or sent. A
// refusal comes beside the quote when recipient and amount could be read. It needs no key.
// Faults: those of Create, and RateLimited.
func (s *Service) Quote(ctx context.Context, viewer models.Account, r Request) (*Quote, error) {
	if err := s.look(ctx, viewer.ID); err != nil {
		return nil, err
	}
	r.Key = uuid.New()
	a, err := s.read(ctx, r)
	if err != nil {
		return nil, err
	}
	draft, _, err := s.draft(ctx, viewer, a)
	if err != nil {
		return nil, err
	}
	q := &Quote{Currency: a.currency, Amount: draft.Amount, Fee: draft.Fee, Total: draft.Debit()}
	if q.To, err = s.somebody(ctx, viewer.ID, draft.ToAccountID); err != nil {
		return nil, err
	}
	if q.Limits, err = s.ledger.Limits(ctx, viewer.ID, viewer.CertificateLevel, draft.Currency); err != nil {
		return nil, err
	}
	if frozen, err := s.isFrozen(ctx, viewer); err != nil {
		return nil, err
	} else if frozen {
		return q, fault.New(fault.AccountFrozen)
	}
	_, err = s.ledger.Judge(ctx, ledger.Posting{Transfer: draft, Currency: a.currency, Policed: draft.FromAccountID != draft.ToAccountID})
	if q.NeedsCode = errors.Is(err, ledger.ErrNeedsCode); q.NeedsCode {
		return q, nil
	}
	if _, refused := fault.All(err); err != nil && !refused {
		return nil, err
	}
	return q, err
}

// Recipient tells who would get a transfer of a currency; ok is false when nobody would.
// Faults: InvalidWalletNumber, InvalidWMID, InvalidPhone, RateLimited.
func (s *Service) Recipient(ctx context.Context, viewer models.Account, to Recipient, letter string) (who Somebody, ok bool, err error) {
	currency, known := s.wallets.Currency(letter)
	if !known {
		return Somebody{}, false, nil
	}
	if err := s.look(ctx, viewer.ID); err != nil {
		return Somebody{}, false, err
	}
	typed, err := to.Read(request.Of(ctx), "to")
	if err != nil {
		return Somebody{}, false, err
	}
	wallet, err := s.resolve(ctx, viewer.ID, asked{Request: Request{To: to}, currency: currency, to: typed})
	if fault.Is(err, fault.RecipientNotFound) || fault.Is(err, fault.RecipientHasNoWallet) {
		return Somebody{}, false, nil
	}
	if err != nil || wallet.Currency != letter {
		return Somebody{}, false, err
	}
	who, err = s.somebody(ctx, viewer.ID, wallet.AccountID)
	return who, err == nil, err
}

// Limits are what an account may still send to others in a currency; none for a currency that does not exist.
func (s *Service) Limits(ctx context.Context, account models.Account, letter string) (money.Currency, []ledger.Limit, error) {
	currency, ok := s.wallets.Currency(letter)
	if !ok {
		return currency, nil, nil
	}
	limits, err := s.ledger.Limits(ctx, account.ID, account.CertificateLevel, letter)
	return currency, limits, err
}

func (s *Service) look(ctx context.Context, viewer uuid.UUID) error {
	return s.verification.Spend(ctx, wallets.Looks(viewer))
}

func (s *Service) somebody(ctx context.Context, viewer, id uuid.UUID) (Somebody, error) {
	account, err := s.accounts.Find(ctx, id)
	if err != nil {
		return Somebody{}, err
	}
	if id == viewer {
		return Somebody{Name: accounts.DisplayName(account.FirstName, account.LastName), Level: account.CertificateLevel}, nil
	}
	known, err := acquainted(ctx, s.db, viewer, id)
	return Somebody{Name: nameOf(account, known), Level: account.CertificateLevel}, err
}
