package statements

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/number"
	"purser/models"
)

// pdfMost is how many entries a PDF holds: it is laid out in memory. Other formats have no end.
const pdfMost = 5000

// Request asks for a statement as it was typed: days or times of RFC 3339, half-open; an empty one is the wallet's beginning, or now.
type Request struct {
	Account  uuid.UUID
	Number   string
	From, To string
	Format   string
	Locale   locale.Locale
}

// Statement is the head of a statement: a run of a wallet's entries without a gap.
type Statement struct {
	Number      string
	Currency    money.Currency
	From, To    time.Time
	MadeAt      time.Time
	Opening     int64
	after, last int64 // versions: the entries are those behind the one up to the other
}

// Count is how many entries there are.
func (s Statement) Count() int64 { return s.last - s.after }

// line is an entry as its wallet's owner reads it. Amount and Balance are in minor units.
type line struct {
	Version         int64
	At              time.Time
	Transfer        uuid.UUID
	Kind            string
	Number, Name    string // of the other side
	Memo            string
	Amount, Balance int64
	Hash            []byte
}

// totals are what the lines come to.
type totals struct {
	In, Out int64
	Closing int64
	Hash    []byte // of the last entry
}

// format writes a statement down. Nothing of it may grow with the number of lines.
type format interface {
	begin(Statement) error
	line(line) error
	flush() error // now and then
	end(totals) error
}

// Statement writes a wallet's statement: opening balance, entries, closing balance and sums, from one snapshot of the database, in memory that does not
// grow with it (a PDF apart, which is bounded). A statement that does not add up is not finished: ErrTorn.
// Faults: WalletNotFound (also for someone else's), InvalidInput for the span, LimitExceeded for a PDF that would be too long, Overloaded.
func (s *Service) Statement(ctx context.Context, r Request, sheet Sheet) error {
	from, err := readTime(r.From, "from")
	if err != nil {
		return err
	}
	to, err := readTime(r.To, "to")
	if err != nil {
		return err
	}
	now := s.db.Now()
	if to.IsZero() || to.After(now) {
		to = now
	}
	if from.After(to) {
		return fault.Invalid(fault.Malformed, "from")
	}
	if !number.ValidWallet(r.Number) {
		return fault.New(fault.WalletNotFound, "number")
	}
	wallet, err := s.wallets.Find(ctx, r.Number)
	if fault.Is(err, fault.RecipientNotFound) || (err == nil && (wallet.AccountID != r.Account || wallet.Kind != models.WalletUser)) {
		return fault.New(fault.WalletNotFound, "number")
	}
	if err != nil {
		return err
	}
	if from.IsZero() {
		from = wallet.OpenedAt
	}
	currency, _ := s.wallets.Currency(wallet.Currency)
	head := Statement{Number: wallet.Number, Currency: currency, From: from.UTC(), To: to.UTC(), MadeAt: now}
	return s.write(ctx, r.Account, func(ctx context.Context) error { return s.statement(ctx, wallet.ID, head, r, sheet) })
}

func (s *Service) statement(ctx context.Context, wallet int64, head Statement, r Request, sheet Sheet) error {
	snapshot, err := openSnapshot(ctx, s.db)
	if err != nil {
		return err
	}
	defer snapshot.close()
	if strings.TrimSpace(r.From) != "" { // else from the first entry on
		if head.after, err = snapshot.versionBefore(ctx, wallet, head.From); err != nil {
			return err
		}
	}
	if head.last, err = snapshot.versionBefore(ctx, wallet, head.To); err != nil {
		return err
	}
	head.last = max(head.last, head.after)
	var sums totals
	if head.Opening, sums.Hash, err = snapshot.balanceAt(ctx, wallet, head.after); err != nil {
		return err
	}
	if r.Format == PDF && head.Count() > pdfMost {
		return fault.New(fault.LimitExceeded).Because(fault.TooLong).With("Count", pdfMost)
	}

	name := fmt.Sprintf("statement-%s-%s-%s.%s", head.Number, head.From.Format("20060102"), head.To.Format("20060102"), r.Format)
	out := sheet.Begin(name, contentTypes[r.Format])
	if err := tell(ctx, snapshot, wallet, head, sums, newFormat(r.Format, r.Locale, out)); err != nil {
		return fmt.Errorf("%w: %w", ErrTorn, err)
	}
	return nil
}

// tell goes through the entries and adds them up, and believes no balance that is not the sum of what came before.
func tell(ctx context.Context, snapshot *snapshot, wallet int64, head Statement, sums totals, f format) error {
	if err := f.begin(head); err != nil {
		return err
	}
	sums.Closing = head.Opening
	for at := head.after; at < head.last; {
		lines, err := snapshot.lines(ctx, wallet, at, head.last)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.Version != at+1 || l.Balance != sums.Closing+l.Amount {
				return fmt.Errorf("entry %d of wallet %s does not follow the one before", l.Version, head.Number)
			}
			at = l.Version
			sums.add(l)
			if err := f.line(l); err != nil {
				return err
			}
		}
		if len(lines) == 0 {
			return fmt.Errorf("entry %d of wallet %s is missing", at+1, head.Number)
		}
		if err := f.flush(); err != nil {
			return err
		}
	}
	return f.end(sums)
}

func (t *totals) add(l line) {
	t.Closing, t.Hash = l.Balance, l.Hash
	if l.Amount > 0 {
		t.In += l.Amount
	} else {
		t.Out -= l.Amount
	}
}

// readTime reads a day, which begins at midnight UTC, or a time; empty is zero.
func readTime(typed, field string) (time.Time, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if t, err := time.Parse(layout, typed); err == nil && t.Year() > 0 && t.Year() < 10_000 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.Invalid(fault.Malformed, field)
}
