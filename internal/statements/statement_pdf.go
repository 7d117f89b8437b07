package statements

import (
	"encoding/hex"
	"io"
	"time"

	"purser/internal/locale"
	"purser/internal/money"
)

const (
	shortTime = "2006-01-02 15:04:05"
	rowSize   = 8.0
	rowLead   = 10.5
	whoAt     = margin + 92
	whoWide   = 216.0
	amountEnd = right - 104
)

// pdfFormat keeps the lines until it knows how many pages they take; there are no more than pdfMost.
type pdfFormat struct {
	out    io.Writer
	locale locale.Locale
	head   Statement
	lines  []line
}

func (f *pdfFormat) begin(s Statement) error { f.head = s; return nil }
func (f *pdfFormat) line(l line) error       { f.lines = append(f.lines, l); return nil }
func (f *pdfFormat) flush() error            { return nil }

// row is a line as it is set: the other side, and its memo, take as many rows as they need.
type row struct {
	line
	who    []string
	height float64
}

func (f *pdfFormat) end(t totals) error {
	title := word(f.locale, "statement_title", map[string]any{"Wallet": f.head.Number})
	p := newPaper(title, f.head.MadeAt)
	p.font("plain", rowSize)
	pages := f.paginate(p)
	for i, rows := range pages {
		y := p.heading(title, word(f.locale, "page", map[string]any{"Page": i + 1, "Pages": len(pages)}))
		if i == 0 {
			y = f.summary(p, y, t)
		}
		y = f.columns(p, y)
		for _, r := range rows {
			y = f.row(p, y, r)
		}
		if i == len(pages)-1 {
			f.closing(p, y, t)
		}
	}
	return p.write(f.out)
}

// Heights of what stands on a page beside rows.
const (
	summaryHeight = 128.0
	columnsHeight = 20.0
	closingHeight = 62.0
	pageHeight    = bottom - margin - 26 - columnsHeight
)

// paginate deals the rows out to pages; the last one has room for the closing.
func (f *pdfFormat) paginate(p *paper) (pages [][]row) {
	page, room := []row{}, pageHeight-summaryHeight
	for _, l := range f.lines {
		r := row{line: l, who: append([]string{l.Number}, p.wrap(l.Name, whoWide)...)}
		r.who = append(r.who, p.wrap(l.Memo, whoWide)...)
		r.height = float64(len(r.who))*rowLead + 5
		if r.height > room {
			pages = append(pages, page)
			page, room = nil, pageHeight
		}
		page, room = append(page, r), room-r.height
	}
	pages = append(pages, page)
	if room < closingHeight {
		pages = append(pages, nil)
	}
	return pages
}

func (f *pdfFormat) amount(minor int64) string {
	return money.Amount{Minor: minor, Currency: f.head.Currency}.String()
}

func (f *pdfFormat) summary(p *paper, y float64, t totals) float64 {
	p.font("bold", 15)
	p.text(margin, y, word(f.locale, "statement_title", map[string]any{"Wallet": f.head.Number}))
	p.font("plain", 9)
	p.grey(60)
	p.text(margin, y+21, word(f.locale, "period", map[string]any{"From": f.head.From.Format(shortTime), "To": f.head.To.Format(shortTime)}))
	p.text(margin, y+34, word(f.locale, "made_at", map[string]any{"At": f.head.MadeAt.UTC().Format(shortTime)}))
	p.grey(0)
	y += 54
	for _, sum := range []struct{ id, value string }{
		{"opening", f.amount(f.head.Opening)}, {"incoming", f.amount(t.In)}, {"outgoing", f.amount(-t.Out)}, {"closing", f.amount(t.Closing)},
	} {
		p.font("plain", 10)
		p.text(margin, y, word(f.locale, sum.id, nil))
		p.font("bold", 10)
		p.textTo(margin+260, y, sum.value)
		y += 15
	}
	return y + summaryHeight - 54 - 60
}

func (f *pdfFormat) columns(p *paper, y float64) float64 {
	p.font("bold", rowSize)
	p.text(margin, y, word(f.locale, "time", nil))
	p.text(whoAt, y, word(f.locale, "counterparty", nil))
	p.textTo(amountEnd, y, word(f.locale, "amount", nil))
	p.textTo(right, y, word(f.locale, "balance", nil))
	p.rule(y+13, 0.5)
	return y + columnsHeight
}

func (f *pdfFormat) row(p *paper, y float64, r row) float64 {
	p.font("plain", rowSize)
	p.text(margin, y, r.At.UTC().Format(shortTime))
	p.textTo(amountEnd, y, money.Format(r.Amount, f.head.Currency.Exponent))
	p.textTo(right, y, money.Format(r.Balance, f.head.Currency.Exponent))
	for i, text := range r.who {
		p.grey(min(uint8(i), 1) * 70)
		p.text(whoAt, y+float64(i)*rowLead, text)
	}
	p.grey(0)
	return y + r.height
}

func (f *pdfFormat) closing(p *paper, y float64, t totals) {
	p.rule(y, 0.5)
	p.font("bold", 9)
	p.text(margin, y+7, word(f.locale, "closing", nil))
	p.textTo(right, y+7, f.amount(t.Closing))
	p.font("plain", 7.5)
	p.grey(60)
	p.text(margin, y+24, word(f.locale, "entries", map[string]any{"Count": len(f.lines)}))
	if len(t.Hash) > 0 {
		p.text(margin, y+36, word(f.locale, "last_hash", nil)+" "+hex.EncodeToString(t.Hash))
	}
	p.grey(0)
}

func utc(t time.Time) string { return t.UTC().Format(shortTime) + " UTC" }
