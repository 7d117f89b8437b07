package transfers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/ledger"
	"purser/internal/notices"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/text"
	"purser/internal/verification"
	"purser/models"
)

// Terms of protection, in days, and lengths of its codes, in characters (https://wiki.web.money/projects/webmoney/wiki/Protected_payment
// has 1 to 120 days and up to 255 characters).
const (
	daysMost         = 120
	protectionShort  = 4
	protectionLength = 255
)

// Protection is how a transfer is to be protected, as it was asked for. Code is for CODE alone; Days is the term.
type Protection struct {
	Kind string
	Code *string
	Days int
}

// protection is a Protection that reads well; kind is empty when there is none.
type protection struct {
	kind string
	mac  []byte
	days int
}

func (s *Service) readProtection(asked *Protection, key uuid.UUID) (protection, error) {
	switch {
	case asked == nil:
		return protection{}, nil
	case asked.Days < 1 || asked.Days > daysMost:
		return protection{}, fault.Invalid(fault.OutOfRange, "protection", "days").With("Min", 1).With("Max", daysMost)
	case asked.Kind == models.ProtectedByTime && asked.Code != nil:
		return protection{}, fault.Invalid(fault.Malformed, "protection", "code")
	case asked.Kind == models.ProtectedByTime:
		return protection{kind: asked.Kind, days: asked.Days}, nil
	case asked.Code == nil:
		return protection{}, fault.Invalid(fault.Required, "protection", "code")
	}
	code, refusal := text.Required(*asked.Code, protectionLength, "protection", "code")
	if refusal != nil {
		return protection{}, refusal
	}
	if utf8.RuneCountInString(code) < protectionShort {
		return protection{}, fault.Invalid(fault.TooShort, "protection", "code").With("Count", protectionShort)
	}
	return protection{kind: asked.Kind, mac: s.protectionMAC(key, code), days: asked.Days}, nil
}

// protectionMAC is all that is kept of a code: without the server's key nobody can try codes out. The idempotency key, which is there before
// the transfer is, binds it to one transfer.
func (s *Service) protectionMAC(key uuid.UUID, code string) []byte {
	return s.box.MAC(secret.Codes, "protection", key.String(), norm.NFC.String(strings.TrimSpace(code)))
}

// print is the protection's part of a fingerprint.
func (p protection) print() string {
	if p.kind == "" {
		return ""
	}
	return fmt.Sprintf(" %s %s %x", p.kind, strconv.Itoa(p.days), p.mac)
}

func (p protection) put(t *models.Transfer) {
	if p.kind == "" {
		return
	}
	t.Protection, t.ProtectionMAC, t.ProtectionDays = &p.kind, p.mac, &p.days
	if p.kind == models.ProtectedByCode {
		attempts := ledger.ProtectionAttempts
		t.AttemptsLeft = &attempts
	}
}

// Accept gives the recipient of a transfer that is protected by a code its money. That the code was right is committed before the money
// is asked for, so it counts even if the term ends, or this server dies, in between. The eighth wrong code sends the money back. It
// locks the transfer's row; a repeat after success returns the completed transfer. A frozen account may accept.
// Faults: TransferNotFound, TransferState, CodeRejected, Overloaded.
func (s *Service) Accept(ctx context.Context, viewer, id uuid.UUID, code string) (View, error) {
	var refusal *fault.Fault
	t, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Transfer, error) {
		refusal = nil // of an attempt that Postgres undid
		t, err := lockReceived(tx, viewer, id)
		switch {
		case err != nil:
			return t, err
		case !t.IsProtected() || *t.Protection != models.ProtectedByCode:
			return t, fault.New(fault.TransferState, "transferId")
		case t.Status == models.TransferCompleted:
			return t, nil
		case t.Status != models.TransferProtected:
			return t, fault.New(fault.TransferState, "transferId")
		}
		if t.AcceptedAt != nil {
			return t, nil
		}
		if *t.AttemptsLeft == 0 || !tx.Now.Before(*t.ProtectedUntil) {
			return t, fault.New(fault.TransferState, "transferId")
		}
		if secret.Equal(s.protectionMAC(t.IdempotencyKey, code), t.ProtectionMAC) {
			t.AcceptedAt, t.SettleAt = &tx.Now, &tx.Now
			return t, saveAttempt(tx, t)
		}
		left := *t.AttemptsLeft - 1
		if t.AttemptsLeft = &left; left == 0 {
			t.SettleAt = &tx.Now
		}
		refusal = fault.New(fault.CodeRejected, "protectionCode").Knowing(fault.AttemptsFacts{Left: left}).With("Count", left)
		return t, saveAttempt(tx, t) // committed, though it is a refusal: it has spent an attempt
	})
	if err == nil && t.Status == models.TransferProtected && (t.AcceptedAt != nil || *t.AttemptsLeft == 0) {
		err = s.end(ctx, t, ledger.Settle)
		if refusal != nil && err != nil {
			err = nil // the money goes back all the same, a second later
		}
	}
	if _, err = verification.Settle(t, refusal, err); err != nil {
		return View{}, err
	}
	return s.mustFind(ctx, viewer, id)
}

// Reject sends the money of a protected transfer back before its term ends, with the fee. A repeat does nothing.
// Faults: TransferNotFound, TransferState, AccountFrozen, Overloaded.
func (s *Service) Reject(ctx context.Context, viewer models.Account, id uuid.UUID) (View, error) {
	view, ok, err := s.Find(ctx, viewer.ID, id)
	switch {
	case err != nil:
		return View{}, err
	case !ok || view.ToAccountID != viewer.ID:
		return View{}, fault.New(fault.TransferNotFound, "transferId")
	case !view.IsProtected():
		return View{}, fault.New(fault.TransferState, "transferId")
	}
	frozen, err := isFrozen(s.db.GORM(ctx), viewer.ID) // now: the viewer may have been read a second ago
	if err != nil {
		return View{}, err
	}
	if frozen {
		return View{}, fault.New(fault.AccountFrozen) // what comes in is not to leave again
	}
	if err := s.end(ctx, view.Transfer, ledger.Reject); err != nil {
		return View{}, err
	}
	return s.mustFind(ctx, viewer.ID, id)
}

// Cancel takes back a transfer that awaits its code, or one that is protected by a code that nobody has tried. A repeat does nothing; a
// frozen account may cancel. Faults: TransferNotFound, TransferState, Overloaded.
func (s *Service) Cancel(ctx context.Context, viewer, id uuid.UUID) (View, error) {
	t, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Transfer, error) {
		t, err := lockSent(tx, viewer, id)
		if err != nil || t.Status == models.TransferCancelled || t.Status == models.TransferReturned {
			return t, err
		}
		if t.Status == models.TransferProtected && *t.Protection == models.ProtectedByCode {
			return t, nil // the ledger knows
		}
		if t.Status != models.TransferAwaitingConfirmation {
			return t, fault.New(fault.TransferState, "transferId")
		}
		if err := setStatus(tx, t.ID, models.TransferCancelled); err != nil {
			return t, err
		}
		if err := s.verification.Void(tx, *t.ChallengeID); err != nil {
			return t, err
		}
		told := ended(t)
		told.Session = sessionOf(ctx)
		if err := notices.AppendTx(tx, told); err != nil {
			return t, err
		}
		return t, events.AppendTx(tx, updated(t))
	})
	if err != nil {
		return View{}, err
	}
	if t.Status == models.TransferProtected {
		if err := s.end(ctx, t, ledger.Cancel); err != nil {
			return View{}, err
		}
	}
	s.hub.Publish(viewer)
	return s.mustFind(ctx, viewer, id)
}

// end lets the ledger end a protected transfer.
func (s *Service) end(ctx context.Context, t models.Transfer, how ledger.Action) error {
	currency, _ := s.wallets.Currency(t.Currency)
	_, err := s.ledger.Post(ctx, ledger.Posting{Transfer: t, Currency: currency, Stored: true, Action: how, Session: sessionOf(ctx)})
	return fault.Elsewhere(err, map[string]string{"transferId": "transferId"})
}
