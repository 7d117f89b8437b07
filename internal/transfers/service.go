// Package transfers owns transfers from the wish to the posting: what is asked, whether it may be, whether a code must
// confirm it, and what each side sees of it. The money itself is moved by package ledger.
package transfers

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/money"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// Service is the room.
type Service struct {
	db              *postgres.DB
	ledger          *ledger.Ledger
	accounts        *accounts.Service
	wallets         *wallets.Service
	verification    *verification.Service
	hub             *events.Hub
	box             *secret.Box
	confirmationTTL time.Duration
}

// Rooms are what transfers need of others.
type Rooms struct {
	Ledger       *ledger.Ledger
	Accounts     *accounts.Service
	Wallets      *wallets.Service
	Verification *verification.Service
	Hub          *events.Hub
}

// New makes the room. confirmationTTL is how long a transfer waits for its code.
func New(db *postgres.DB, box *secret.Box, r Rooms, confirmationTTL time.Duration) *Service {
	return &Service{db: db, box: box, ledger: r.Ledger, accounts: r.Accounts, wallets: r.Wallets, verification: r.Verification, hub: r.Hub,
		confirmationTTL: confirmationTTL}
}

// Result is a transfer with what its sender needs next. Challenge is set while it awaits a code.
type Result struct {
	Transfer  View
	Challenge *models.Challenge
	Replayed  bool
}

// Create makes a transfer from one of the viewer's wallets. Between own wallets, and below the amount the viewer has set,
// it is posted at once; else a code is sent and it waits. Nothing is reserved meanwhile: the balance is judged again when
// it is confirmed. A repeat with the same key and request returns the first result as it stands now; a refusal uses no key, and is noted.
// Faults: InvalidWalletNumber, InvalidWMID, InvalidPhone, InvalidAmount, InvalidInput, AccountFrozen, WalletNotFound,
// WalletClosed, RecipientNotFound, RecipientHasNoWallet, SameWallet, CurrencyMismatch, InsufficientFunds,
// IdempotencyKeyReused, AgreementsNotAccepted, TransfersHeld, RateLimited, Overloaded.
func (s *Service) Create(ctx context.Context, viewer models.Account, r Request) (Result, error) {
	a, err := s.read(ctx, r)
	if err != nil {
		return Result{}, err
	}
	result, err := s.create(ctx, viewer, a)
	if err != nil {
		return Result{}, s.note(ctx, viewer.ID, a.attempt(), err)
	}
	return result, nil
}

// create is Create for a request that reads well.
func (s *Service) create(ctx context.Context, viewer models.Account, a asked) (Result, error) {
	frozen, err := s.isFrozen(ctx, viewer)
	if err != nil {
		return Result{}, err
	}
	if frozen || a.To.WalletNumber == nil {
		// What is looked up below may have changed since the key was used: the first result comes before any of it.
		if first, ok, err := s.replay(ctx, viewer, a); ok || err != nil {
			return first, err
		}
	}
	if frozen {
		return Result{}, fault.New(fault.AccountFrozen)
	}
	draft, to, err := s.draft(ctx, viewer, a)
	if err != nil {
		return Result{}, s.unmoved(ctx, viewer.ID, err)
	}

	others := draft.FromAccountID != draft.ToAccountID
	outcome, err := s.ledger.Post(ctx, ledger.Posting{Transfer: draft, Currency: a.currency, Policed: others, Session: sessionOf(ctx)})
	switch {
	case errors.Is(err, ledger.ErrNeedsCode):
		if limited := s.unmoved(ctx, viewer.ID, nil); limited != nil {
			return Result{}, limited
		}
		return s.await(ctx, viewer, draft, a)
	case err != nil && others:
		return Result{}, s.unmoved(ctx, viewer.ID, err)
	case err != nil:
		return Result{}, err
	case outcome.Replayed:
		first, _, err := s.replay(ctx, viewer, a)
		return first, err
	}
	if outcome.Transfer.Status != models.TransferCompleted { // the two may not know each other yet
		view, err := s.mustFind(ctx, viewer.ID, outcome.Transfer.ID)
		return Result{Transfer: view}, err
	}
	return Result{Transfer: View{Transfer: outcome.Transfer, FromNumber: a.From, ToNumber: to.Number, Known: true}}, nil
}

// isFrozen tells whether the viewer is frozen, as far as that is known before the ledger judges. The viewer may have been read a second ago, while another server
// has unfrozen them since: only who seems to be frozen is looked at again. Who has been frozen since is refused by the ledger.
func (s *Service) isFrozen(ctx context.Context, viewer models.Account) (bool, error) {
	if viewer.Status != models.AccountFrozen {
		return false, nil
	}
	return isFrozen(s.db.GORM(ctx), viewer.ID)
}

// unmoved counts an attempt that moved nothing, whatever kept it from that, as a look at the recipient, and returns its error: it tells whether a number
// is anybody's. When there were too many, all of them are refused alike, so that nobody goes through a list of numbers. What moves is not counted: it
// costs money.
func (s *Service) unmoved(ctx context.Context, viewer uuid.UUID, err error) error {
	var refusal *fault.Fault
	if err != nil && !errors.As(err, &refusal) {
		return err // a fault of ours, which tells nothing
	}
	if limited := s.look(ctx, viewer); limited != nil {
		return limited
	}
	return err
}

// Confirm posts a transfer that awaits its code, or what a passkey signs in its place. A code that was right once need not be right again: if the money was
// missing, the sender may fill the wallet and confirm once more until the transfer expires. A repeat after success returns
// the completed transfer.
// Faults: TransferNotFound, TransferState, AccountFrozen, InvalidInput, CodeRejected, CodeExpired, InsufficientFunds,
// WalletClosed, AgreementsNotAccepted, TransfersHeld, Overloaded.
func (s *Service) Confirm(ctx context.Context, viewer models.Account, id uuid.UUID, proof verification.Proof) (View, error) {
	view, err := s.confirm(ctx, viewer, id, proof)
	if err != nil {
		return View{}, s.noteStored(ctx, viewer.ID, id, err)
	}
	return view, nil
}

func (s *Service) confirm(ctx context.Context, viewer models.Account, id uuid.UUID, proof verification.Proof) (View, error) {
	var refusal *fault.Fault
	t, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Transfer, error) {
		refusal = nil // of an attempt that Postgres undid
		t, err := lockSent(tx, viewer.ID, id)
		if err != nil || t.PostedAt != nil {
			return t, err
		}
		frozen, err := isFrozen(tx.GORM(), viewer.ID) // now, that is: the viewer may have been read a second ago
		if err != nil {
			return t, err
		}
		if frozen {
			return t, fault.New(fault.AccountFrozen)
		}
		if t.Status != models.TransferAwaitingConfirmation || !tx.Now.Before(*t.ConfirmBy) {
			return t, fault.New(fault.TransferState, "transferId")
		}
		if t.ConfirmedAt != nil {
			return t, nil
		}
		refusal, err = s.verification.CheckProof(tx, *t.ChallengeID, verification.Transfer, proof)
		if err != nil || refusal != nil {
			return t, err // a refusal is committed: it has spent an attempt
		}
		return t, markConfirmed(tx, t.ID)
	})
	if t, err = verification.Settle(t, refusal, err); err != nil {
		return View{}, err
	}
	if t.PostedAt == nil {
		currency, _ := s.wallets.Currency(t.Currency)
		if _, err := s.ledger.Post(ctx, ledger.Posting{
			Transfer: t, Currency: currency, Stored: true, Policed: t.FromAccountID != t.ToAccountID, Session: sessionOf(ctx),
		}); err != nil {
			return View{}, fault.Elsewhere(err, nil) // wallets and amount are no fields of this input
		}
	}
	return s.mustFind(ctx, viewer.ID, t.ID)
}

// replay answers a key that was used before. While the first transfer still awaits its code, so does the answer.
func (s *Service) replay(ctx context.Context, viewer models.Account, a asked) (Result, bool, error) {
	view, ok, err := s.FindByKey(ctx, viewer.ID, a.Key)
	if err != nil || !ok {
		return Result{}, false, err
	}
	if !a.isSameAs(view.Transfer) {
		return Result{}, true, fault.New(fault.IdempotencyKeyReused, "idempotencyKey")
	}
	result := Result{Transfer: view, Replayed: true}
	if view.Status == models.TransferAwaitingConfirmation && view.ChallengeID != nil {
		challenge, err := s.verification.Find(ctx, *view.ChallengeID)
		if err != nil {
			return Result{}, true, err
		}
		result.Challenge = &challenge
	}
	return result, true, nil
}

// await stores a transfer that must be confirmed, and sends its code. The message names amount, fee and recipient, so that
// the person confirms what they see.
func (s *Service) await(ctx context.Context, viewer models.Account, t models.Transfer, a asked) (Result, error) {
	recipient, err := s.accounts.Find(ctx, t.ToAccountID)
	if err != nil {
		return Result{}, err
	}
	known, err := acquainted(ctx, s.db, t.FromAccountID, t.ToAccountID)
	if err != nil {
		return Result{}, err
	}
	speaks := accounts.Speak(ctx, viewer)
	result, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Result, error) {
		challenge, err := s.verification.Begin(tx, verification.Request{
			Purpose: verification.Transfer, Account: viewer.ID, Phone: *viewer.Phone, Locale: speaks, Template: "transfer_code",
			Values: map[string]string{
				"Amount": speaks.Sum(money.Amount{Minor: t.Amount, Currency: a.currency}), "Recipient": nameOf(recipient, known),
				"Wallet": a.to, "Total": speaks.Sum(money.Amount{Minor: t.Debit(), Currency: a.currency}),
			},
		})
		if err != nil {
			return Result{}, err
		}
		confirmBy := tx.Now.Add(s.confirmationTTL)
		t.Status, t.ChallengeID, t.ConfirmBy = models.TransferAwaitingConfirmation, &challenge.ID, &confirmBy
		if err := insertTransfer(tx, t); err != nil {
			return Result{}, err
		}
		return Result{Challenge: &challenge}, events.AppendTx(tx, updated(t))
	})
	if postgres.Violates(err, "transfers_idempotency_key") { // someone else with this key was faster
		first, _, err := s.replay(ctx, viewer, a)
		return first, err
	}
	if err != nil {
		return Result{}, err
	}
	s.hub.Publish(viewer.ID)
	result.Transfer, err = s.mustFind(ctx, viewer.ID, t.ID)
	return result, err
}

// sessionOf is the session that asks, or the zero UUID.
func sessionOf(ctx context.Context) uuid.UUID { return request.Of(ctx).Session }

func updated(t models.Transfer) events.Draft {
	return events.Draft{AccountID: t.FromAccountID, Kind: models.EventTransferUpdated, Subject: t.ID.String()}
}

func nameOf(a models.Account, known bool) string {
	if known {
		return accounts.DisplayName(a.FirstName, a.LastName)
	}
	return accounts.MaskedName(a.FirstName, a.LastName)
}

func (s *Service) mustFind(ctx context.Context, viewer, id uuid.UUID) (View, error) {
	view, ok, err := s.Find(ctx, viewer, id)
	if err == nil && !ok {
		err = errors.New("transfers: a transfer just written is not there")
	}
	return view, err
}
