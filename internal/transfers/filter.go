package transfers

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/money"
	"purser/internal/number"
	"purser/internal/text"
)

// Directions of a transfer, as its viewer sees it.
const (
	Incoming = "INCOMING"
	Outgoing = "OUTGOING"
	Internal = "INTERNAL"
)

const (
	// filterLooksAt is how many of an account's transfers one page of a filtered list comes from at most.
	filterLooksAt = 2000
	textLongest   = 64
	// idSlack is by how much the time in an id, which is taken just before the transfer's own, may be off. It only makes the span of
	// ids that is read a little wider: the transfer's own time decides.
	idSlack = time.Minute
)

// Filter says which transfers are meant, as it was typed. What is empty does not matter.
type Filter struct {
	WalletNumber                   *string
	Direction                      string
	Statuses, Kinds                []string
	OtherWallet, OtherWMID         *string
	Currency, AmountFrom, AmountTo *string
	From, To                       *time.Time
	Text                           *string
}

// sieve is a filter that reads well.
type sieve struct {
	conditions []string
	args       map[string]any
	direction  string
	from, to   *uuid.UUID // bounds of ids, by time
	nothing    bool       // nobody has the number that was named
}

func (s *sieve) want(condition, name string, value any) {
	s.conditions = append(s.conditions, condition)
	s.args[name] = value
}

// readFilter judges a filter. Faults: InvalidWalletNumber, InvalidWMID, InvalidAmount, InvalidInput, WalletNotFound, each with its field.
func (s *Service) readFilter(ctx context.Context, viewer uuid.UUID, f Filter) (*sieve, error) {
	found := &sieve{args: map[string]any{}, direction: f.Direction}
	letter, err := s.readOwnWallet(ctx, viewer, f, found)
	if err != nil {
		return nil, err
	}
	if err := s.readAmounts(f, letter, found); err != nil {
		return nil, err
	}
	if err := s.readOther(ctx, f, found); err != nil {
		return nil, err
	}
	if len(f.Statuses) > 0 {
		found.want("t.status IN @statuses", "statuses", f.Statuses)
	}
	if len(f.Kinds) > 0 {
		found.want("t.kind IN @kinds", "kinds", f.Kinds)
	}
	if err := readSpan(f, found); err != nil {
		return nil, err
	}
	if f.Text != nil {
		wanted, refusal := text.Clean(*f.Text, textLongest, "text")
		if refusal != nil {
			return nil, refusal
		}
		if wanted != "" {
			found.want("t.memo ILIKE @text", "text", "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(wanted)+"%")
		}
	}
	return found, nil
}

// readOwnWallet reads the viewer's wallet and the currency, and returns the letter that amounts are of, if there is one.
func (s *Service) readOwnWallet(ctx context.Context, viewer uuid.UUID, f Filter, found *sieve) (letter string, err error) {
	if f.Currency != nil {
		letter = *f.Currency
		if _, known := s.wallets.Currency(letter); !known {
			return "", fault.Invalid(fault.Malformed, "currency")
		}
		found.want("t.currency = @currency", "currency", letter)
	}
	if f.WalletNumber == nil {
		return letter, nil
	}
	typed := strings.TrimSpace(*f.WalletNumber)
	if !number.ValidWallet(typed) {
		return "", fault.New(fault.InvalidWalletNumber, "walletNumber")
	}
	wallet, err := s.wallets.Identify(ctx, typed, "walletNumber")
	if fault.Is(err, fault.RecipientNotFound) || (err == nil && wallet.AccountID != viewer) {
		return "", fault.New(fault.WalletNotFound, "walletNumber")
	}
	if err != nil {
		return "", err
	}
	if letter != "" && letter != wallet.Currency {
		return "", fault.Invalid(fault.Malformed, "currency")
	}
	found.want("(t.from_wallet_id = @wallet OR t.to_wallet_id = @wallet)", "wallet", wallet.ID)
	return wallet.Currency, nil
}

func (s *Service) readAmounts(f Filter, letter string, found *sieve) error {
	if f.AmountFrom == nil && f.AmountTo == nil {
		return nil
	}
	if letter == "" {
		return fault.Invalid(fault.Required, "currency")
	}
	currency, _ := s.wallets.Currency(letter)
	least, most := int64(0), money.MaxMinor
	for _, bound := range []struct {
		typed *string
		minor *int64
		field string
	}{{f.AmountFrom, &least, "amountFrom"}, {f.AmountTo, &most, "amountTo"}} {
		if bound.typed == nil {
			continue
		}
		var err error
		*bound.minor, err = s.wallets.Amount(*bound.typed, currency, bound.field)
		var refusal *fault.Fault
		if errors.As(err, &refusal) && refusal.Reason == fault.NotZero {
			*bound.minor, err = 0, nil // as a bound it is as good as any
		}
		if err != nil {
			return err
		}
	}
	if least > most {
		return fault.Invalid(fault.Malformed, "amountTo")
	}
	found.want("t.amount >= @least", "least", least)
	found.want("t.amount <= @most", "most", most)
	return nil
}

func (s *Service) readOther(ctx context.Context, f Filter, found *sieve) error {
	switch {
	case f.OtherWallet != nil:
		typed := strings.TrimSpace(*f.OtherWallet)
		if !number.ValidWallet(typed) {
			return fault.New(fault.InvalidWalletNumber, "counterparty", "walletNumber")
		}
		wallet, err := s.wallets.Identify(ctx, typed, "counterparty")
		if err == nil {
			found.want("(t.from_wallet_id = @other OR t.to_wallet_id = @other)", "other", wallet.ID)
		}
		return found.missing(err)
	case f.OtherWMID != nil:
		typed := strings.TrimSpace(*f.OtherWMID)
		if !number.ValidWMID(typed) {
			return fault.New(fault.InvalidWMID, "counterparty", "wmid")
		}
		owner, err := s.accounts.FindByWMID(ctx, typed, "counterparty")
		if err == nil {
			// Oneself is the other side of one's own wallets. No index knows this condition: that of pairs would be read without an end.
			found.want("CASE t.from_account_id WHEN @account THEN t.to_account_id ELSE t.from_account_id END = @person", "person", owner.ID)
		}
		return found.missing(err)
	}
	return nil
}

// missing makes nobody's number one that finds nothing: it is no mistake, and tells nothing.
func (s *sieve) missing(err error) error {
	if fault.Is(err, fault.RecipientNotFound) {
		s.nothing = true
		return nil
	}
	return err
}

func readSpan(f Filter, found *sieve) error {
	if f.From != nil && f.To != nil && !f.From.Before(*f.To) {
		return fault.Invalid(fault.Malformed, "to")
	}
	if f.From != nil {
		found.want("t.created_at >= @from", "from", f.From.UTC())
		from := idAt(f.From.Add(-idSlack))
		found.from = &from
	}
	if f.To != nil {
		found.want("t.created_at < @to", "to", f.To.UTC())
		to := idAt(f.To.Add(idSlack))
		found.to = &to
	}
	return nil
}

// idAt is the least id of a moment: a UUIDv7 begins with its milliseconds since 1970, in 48 bits. What is before or after all that such an id
// can tell becomes the first or the last of them.
func idAt(t time.Time) (id uuid.UUID) {
	ms := uint64(min(max(t.UnixMilli(), 0), 1<<48-1))
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	return id
}
