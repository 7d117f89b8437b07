package statements

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"

	"purser/internal/locale"
	"purser/internal/money"
)

const timeLayout = "2006-01-02T15:04:05.000000Z"

func newFormat(name string, l locale.Locale, out io.Writer) format {
	switch name {
	case CSV:
		w := csv.NewWriter(out)
		w.UseCRLF = true // RFC 4180
		return &csvFormat{out: out, w: w, locale: l}
	case JSON:
		return &jsonFormat{out: out}
	}
	return &pdfFormat{out: out, locale: l}
}

// csvFormat is for spreadsheets: with a mark that it is UTF-8, and no text of a stranger that a spreadsheet would compute.
type csvFormat struct {
	out    io.Writer
	w      *csv.Writer
	locale locale.Locale
	head   Statement
}

var csvColumns = []string{"row", "time", "sequence", "counterparty_wallet", "counterparty_name", "memo", "amount", "balance", "transfer", "hash"}

func (f *csvFormat) begin(s Statement) error {
	f.head = s
	if _, err := io.WriteString(f.out, "\uFEFF"); err != nil {
		return err
	}
	names := make([]string, len(csvColumns))
	for i, column := range csvColumns {
		names[i] = word(f.locale, "csv_"+column, nil)
	}
	if err := f.w.Write(names); err != nil {
		return err
	}
	return f.sum("opening", s.From, "", s.Opening, nil)
}

// sum is a row that is no entry.
func (f *csvFormat) sum(row string, at time.Time, amount string, balance int64, hash []byte) error {
	return f.w.Write([]string{word(f.locale, row, nil), at.UTC().Format(timeLayout), "", "", "", "", amount, f.amount(balance), "", hex.EncodeToString(hash)})
}

func (f *csvFormat) amount(minor int64) string { return money.Format(minor, f.head.Currency.Exponent) }

func (f *csvFormat) line(l line) error {
	return f.w.Write([]string{word(f.locale, "entry", nil), l.At.UTC().Format(timeLayout), strconv.FormatInt(l.Version, 10), l.Number, harmless(l.Name),
		harmless(l.Memo), f.amount(l.Amount), f.amount(l.Balance), l.Transfer.String(), hex.EncodeToString(l.Hash)})
}

func (f *csvFormat) flush() error {
	f.w.Flush()
	return f.w.Error()
}

func (f *csvFormat) end(t totals) error {
	if err := f.sum("closing", f.head.To, f.amount(t.In-t.Out), t.Closing, t.Hash); err != nil {
		return err
	}
	return f.flush()
}

// harmless puts an apostrophe before what a spreadsheet would take for a formula.
func harmless(text string) string {
	if strings.ContainsAny(firstRune(strings.TrimSpace(text)), "=+-@|%＝＋－＠") || strings.ContainsAny(firstRune(text), "\t\r\n") {
		return "'" + text
	}
	return text
}

func firstRune(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

// jsonFormat writes one object, whose entries come one by one.
type jsonFormat struct {
	out  io.Writer
	head Statement
	next bool // an entry stands before the next one
}

type jsonHead struct {
	Wallet         string `json:"wallet"`
	Currency       string `json:"currency"`
	From           string `json:"from"`
	To             string `json:"to"`
	MadeAt         string `json:"madeAt"`
	OpeningBalance string `json:"openingBalance"`
}

type jsonLine struct {
	Sequence     int64         `json:"sequence"`
	PostedAt     string        `json:"postedAt"`
	Transfer     string        `json:"transfer"`
	Kind         string        `json:"kind"`
	Counterparty jsonOtherSide `json:"counterparty"`
	Memo         string        `json:"memo"`
	Amount       string        `json:"amount"`
	BalanceAfter string        `json:"balanceAfter"`
	Hash         string        `json:"hash"`
}

type jsonOtherSide struct {
	WalletNumber string `json:"walletNumber"`
	DisplayName  string `json:"displayName"`
}

type jsonEnd struct {
	Count          int64  `json:"count"`
	Incoming       string `json:"incoming"`
	Outgoing       string `json:"outgoing"`
	ClosingBalance string `json:"closingBalance"`
	LastEntryHash  string `json:"lastEntryHash"`
}

func (f *jsonFormat) amount(minor int64) string { return money.Format(minor, f.head.Currency.Exponent) }

func (f *jsonFormat) begin(s Statement) error {
	f.head = s
	head, err := json.Marshal(jsonHead{s.Number, s.Currency.Code, s.From.Format(timeLayout), s.To.Format(timeLayout), s.MadeAt.UTC().Format(timeLayout), f.amount(s.Opening)})
	if err != nil {
		return err
	}
	_, err = f.out.Write(append(head[:len(head)-1], `,"entries":[`...)) // the object goes on
	return err
}

func (f *jsonFormat) line(l line) error {
	entry, err := json.Marshal(jsonLine{l.Version, l.At.UTC().Format(timeLayout), l.Transfer.String(), l.Kind, jsonOtherSide{l.Number, l.Name}, l.Memo,
		f.amount(l.Amount), f.amount(l.Balance), hex.EncodeToString(l.Hash)})
	if err != nil {
		return err
	}
	if f.next {
		entry = append([]byte(",\n"), entry...)
	}
	f.next = true
	_, err = f.out.Write(entry)
	return err
}

func (f *jsonFormat) flush() error { return nil }

func (f *jsonFormat) end(t totals) error {
	end, err := json.Marshal(jsonEnd{f.head.Count(), f.amount(t.In), f.amount(t.Out), f.amount(t.Closing), hex.EncodeToString(t.Hash)})
	if err != nil {
		return err
	}
	_, err = f.out.Write(append([]byte(`],`), append(end[1:], '\n')...))
	return err
}
