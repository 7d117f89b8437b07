package statements

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/transfers"
	"purser/models"
)

// receipt is what a receipt says, in the language it says it in.
type receipt struct {
	title, status, amount string
	rows                  []receiptRow
	note                  string
	madeAt                time.Time
}

type receiptRow struct{ label, value string }

// Receipt writes the receipt of a transfer that an account takes part in, as that account sees it.
// Faults: TransferNotFound (also for others' transfers), Overloaded.
func (s *Service) Receipt(ctx context.Context, account, id uuid.UUID, l locale.Locale, format string, sheet Sheet) error {
	view, ok, err := s.transfers.Find(ctx, account, id)
	if err != nil {
		return err
	}
	if !ok || (view.FromAccountID != account && view.ToAccountID != account) { // an operator who made it is on neither side
		return fault.New(fault.TransferNotFound, "transferId")
	}
	return s.write(ctx, account, func(ctx context.Context) error {
		entry, err := s.ownEntry(ctx, account, view)
		if err != nil {
			return err
		}
		r := s.receiptOf(account, view, entry, l)
		draw := drawReceiptPDF
		if format == PNG {
			draw = drawReceiptPNG
		}
		out := sheet.Begin(fmt.Sprintf("receipt-%s.%s", id, format), contentTypes[format])
		if err := draw(r, out); err != nil {
			return fmt.Errorf("%w: %w", ErrTorn, err)
		}
		return nil
	})
}

// ownEntry is what the transfer did in the viewer's own wallet: in the one that paid, or else in the one that was paid.
func (s *Service) ownEntry(ctx context.Context, account uuid.UUID, view transfers.View) (*models.Entry, error) {
	if view.PostedAt == nil {
		return nil, nil //nolint:nilnil // no money has moved
	}
	wallet, at := view.FromWalletID, *view.PostedAt
	switch {
	case view.FromAccountID == account && view.Status == models.TransferReturned:
		at = *view.CompletedAt // its last entry is the one that brought the money back
	case view.FromAccountID != account:
		wallet = view.ToWalletID
		if view.IsProtected() && view.CompletedAt != nil {
			at = *view.CompletedAt
		}
	}
	snapshot, err := openSnapshot(ctx, s.db)
	if err != nil {
		return nil, err
	}
	defer snapshot.close()
	return snapshot.entryOf(ctx, wallet, view.ID, at)
}

func (s *Service) receiptOf(account uuid.UUID, v transfers.View, entry *models.Entry, l locale.Locale) receipt {
	currency, _ := s.wallets.Currency(v.Currency)
	amount := func(minor int64) string { return money.Amount{Minor: minor, Currency: currency}.String() }
	label := func(id string) string { return word(l, id, nil) }
	r := receipt{title: label("receipt_title"), status: label("status_" + v.Status), amount: amount(v.Amount), madeAt: s.db.Now()}
	add := func(id, value string) {
		if value != "" {
			r.rows = append(r.rows, receiptRow{label(id), value})
		}
	}
	add("from", party(v.FromName(account), v.FromWMID, v.FromNumber))
	add("to", party(v.ToName(account), v.ToWMID, v.ToNumber))
	add("amount", amount(v.Amount))
	add("fee", amount(v.Fee))
	if v.Fee > 0 {
		add("fee_paid_by", label("fee_paid_by_"+v.FeePaidBy))
	}
	if v.PostedAt != nil {
		add("debited", amount(v.Debit()))
	}
	switch v.Status { // of the rest nothing has arrived
	case models.TransferCompleted:
		add("credited", amount(v.Credit()))
	case models.TransferReturned:
		add("came_back", amount(v.Debit()))
	}
	add("memo", v.Memo)
	add("created_at", utc(v.CreatedAt))
	if v.CompletedAt != nil {
		add("completed_at", utc(*v.CompletedAt))
	}
	add("kind", label("kind_"+v.Kind))
	add("transfer", v.ID.String())
	if entry != nil {
		add("entry_number", strconv.FormatInt(entry.Version, 10))
		hash := hex.EncodeToString(entry.Hash)
		add("entry_hash", hash[:len(hash)/2]+"\n"+hash[len(hash)/2:])
	}
	r.note = word(l, "receipt_note", map[string]any{"At": utc(r.madeAt)})
	return r
}

func party(name, wmid, number string) string {
	if name == "" {
		name = system
	}
	return name + "\nWMID " + wmid + "\n" + number
}

// Measures of a receipt on paper.
const (
	valueAt   = margin + 150
	valueWide = right - valueAt
)

func drawReceiptPDF(r receipt, out io.Writer) error {
	p := newPaper(r.title, r.madeAt)
	y := p.heading(r.title, "")
	p.font("bold", 17)
	p.text(margin, y+4, r.title)
	p.font("bold", 22)
	p.text(margin, y+32, r.amount)
	p.font("plain", 11)
	p.grey(60)
	p.text(margin, y+62, r.status)
	p.grey(0)
	y += 92
	for _, row := range r.rows {
		p.rule(y-5, 0.3)
		p.font("plain", 10)
		p.grey(90)
		p.text(margin, y, row.label)
		p.grey(0)
		p.font("plain", 10)
		for _, text := range wrapAll(row.value, func(part string) []string { return p.wrap(part, valueWide) }) {
			p.text(valueAt, y, text)
			y += 14
		}
		y += 8
	}
	p.rule(y-5, 0.3)
	p.font("plain", 8)
	p.grey(90)
	for _, text := range p.wrap(r.note, wide) {
		p.text(margin, y+4, text)
		y += 11
	}
	return p.write(out)
}
