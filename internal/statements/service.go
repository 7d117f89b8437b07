// Package statements tells what has happened: turnovers by month, statements of wallets and receipts of transfers, as documents. It reads what the
// ledger has written, and never writes money.
package statements

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/transfers"
	"purser/internal/wallets"
)

// Formats of documents.
const (
	PDF  = "pdf"
	PNG  = "png"
	CSV  = "csv"
	JSON = "json"
)

// contentTypes are what documents are to a browser.
var contentTypes = map[string]string{
	PDF: "application/pdf", PNG: "image/png", CSV: "text/csv; charset=utf-8", JSON: "application/json; charset=utf-8",
}

// documentLongest is for how long one document may be written, however slow its reader: it holds a snapshot of the database.
const documentLongest = 10 * time.Minute

// Service is the room.
type Service struct {
	db        *postgres.DB
	wallets   *wallets.Service
	transfers *transfers.Service
	seats     *seats
	publicURL string
}

// New makes the room. publicURL is what addresses of documents begin with.
func New(db *postgres.DB, w *wallets.Service, t *transfers.Service, publicURL string) *Service {
	return &Service{db: db, wallets: w, transfers: t, seats: newSeats(), publicURL: publicURL}
}

// ReceiptURLs are the addresses of a transfer's receipt. Whoever asks there has to be signed in and to take part in it.
func (s *Service) ReceiptURLs(transfer uuid.UUID) (pdf, png string) {
	path := s.publicURL + "/transfers/" + transfer.String() + "/receipt."
	return path + PDF, path + PNG
}

// StatementURLs are the addresses of a wallet's statement. Whoever asks there has to be signed in and to own it.
func (s *Service) StatementURLs(number string) (pdf, csv, json string) {
	path := s.publicURL + "/wallets/" + number + "/statement."
	return path + PDF, path + CSV, path + JSON
}

// Sheet is where a document goes. Begin is called once, when nothing speaks against the document any more, and before its first byte.
type Sheet interface {
	Begin(name, contentType string) io.Writer
}

// ErrTorn is what a document ends with that was begun and could not be finished: what has been sent of it must not pass for the whole.
var ErrTorn = errors.New("statements: a document was not finished")

// write gives a document its seat and its time, and its content to the sheet. What goes wrong after Begin is ErrTorn.
func (s *Service) write(ctx context.Context, account uuid.UUID, fill func(ctx context.Context) error) error {
	leave, free := s.seats.take(account)
	if !free {
		return fault.New(fault.Overloaded).Knowing(fault.RetryFacts{After: time.Second})
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, documentLongest)
	defer cancel()
	return fill(ctx)
}

// word is a label of a document.
func word(l locale.Locale, id string, values map[string]any) string {
	return l.Text("document."+id, values)
}
