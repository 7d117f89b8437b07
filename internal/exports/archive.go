package exports

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/money"
	"purser/internal/transfers"
	"purser/internal/wallets"
	"purser/models"
)

// pageSize is how many rows are in memory at once.
const pageSize = 500

// writeArchive writes all that there is about a person, in pages, to p, and ends it.
func (s *Service) writeArchive(ctx context.Context, p *pieces, owner models.Account) error {
	archive := zip.NewWriter(p)
	readme, err := archive.CreateHeader(&zip.FileHeader{Name: "README.txt", Method: zip.Deflate, Modified: s.db.Now()})
	if err == nil {
		values := map[string]any{"WMID": owner.WMID, "Time": s.db.Now().Format("2006-01-02 15:04 UTC")}
		_, err = io.WriteString(readme, locale.Locale(owner.Locale).Text("export.readme", values))
	}
	if err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	purses, err := s.rooms.Wallets.Wallets(ctx, owner.ID)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(*list) error
	}{
		{"profile.json", func(l *list) error { return l.only(profileOf(owner)) }},
		{"sessions.json", func(l *list) error { return s.writeSessions(ctx, l, owner.ID) }},
		{"security-log.json", func(l *list) error { return s.writeLog(ctx, l, owner.ID) }},
		{"agreements.json", func(l *list) error { return s.writeAgreements(ctx, l, owner.ID) }},
		{"certificate-requests.json", func(l *list) error { return s.writeRequests(ctx, l, owner.ID) }},
		{"wallets.json", func(l *list) error { return s.writeWallets(l, purses) }},
		{"entries.json", func(l *list) error { return s.writeEntries(ctx, l, purses) }},
		{"transfers.json", func(l *list) error { return s.writeTransfers(ctx, l, owner.ID) }},
		{"refused-transfers.json", func(l *list) error { return s.writeRefused(ctx, l, owner.ID) }},
		{"passkeys.json", func(l *list) error { return s.writePasskeys(ctx, l, owner.ID) }},
		{"confirmation-policies.json", func(l *list) error { return s.writePolicies(ctx, l, owner.ID) }},
		{"blocked.json", func(l *list) error { return s.writeBlocked(ctx, l, owner.ID) }},
		{"notifications.json", func(l *list) error { return s.writeNotifications(ctx, l, owner.ID) }},
		{"contacts.json", func(l *list) error { return s.writeContacts(ctx, l, owner.ID) }},
	} {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Deflate, Modified: s.db.Now()})
		if err != nil {
			return fmt.Errorf("exports: %s: %w", file.name, err)
		}
		l := &list{w: w}
		if err := file.write(l); err != nil {
			return err
		}
		if err := l.end(); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	return p.flush()
}

// list writes a JSON array, an element at a time.
type list struct {
	w     io.Writer
	any   bool
	alone bool // it is no array, but the one thing that was written
}

func (l *list) only(thing any) error {
	l.alone = true
	if err := json.NewEncoder(l.w).Encode(thing); err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	return nil
}

func (l *list) add(element any) error {
	text, err := json.Marshal(element)
	if err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	before := ",\n"
	if !l.any {
		before, l.any = "[\n", true
	}
	if _, err := l.w.Write(append([]byte(before), text...)); err != nil {
		return fmt.Errorf("exports: %w", err)
	}
	return nil
}

func (l *list) end() error {
	after := "\n]\n"
	if l.alone {
		return nil
	}
	if !l.any {
		after = "[]\n"
	}
	_, err := io.WriteString(l.w, after)
	return err
}

func (s *Service) writeSessions(ctx context.Context, l *list, account uuid.UUID) error {
	live, err := s.rooms.Sessions.List(ctx, account, uuid.Nil)
	for _, row := range live {
		if err := l.add(session{row.Device.Name, row.Device.Platform, row.Session.CreatedAt, row.Session.LastSeenAt, row.Session.ExpiresAt}); err != nil {
			return err
		}
	}
	return err
}

// writeLog goes from the newest line to the oldest: what is added meanwhile is not looked for.
func (s *Service) writeLog(ctx context.Context, l *list, account uuid.UUID) error {
	page := journal.Page{Limit: pageSize}
	for {
		rows, err := journal.List(ctx, s.db, account, page)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := l.add(securityEvent{row.Kind, row.OccurredAt, row.DeviceName, row.DevicePlatform, row.Network}); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
		page.Before = &rows[len(rows)-1].ID
	}
}

func (s *Service) writeAgreements(ctx context.Context, l *list, account uuid.UUID) error {
	rows, err := acceptancesOf(ctx, s.db, account)
	for _, row := range rows {
		if err := l.add(agreement{row.Kind, row.Version, row.AcceptedAt, row.DeviceName, row.DevicePlatform}); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) writeRequests(ctx context.Context, l *list, account uuid.UUID) error {
	after := uuid.Nil
	for {
		rows, err := requestsOf(ctx, s.db, account, after, pageSize)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := l.add(certificateRequest{row.Level, row.Status, row.Reason, row.CreatedAt, row.DecidedAt}); err != nil {
				return err
			}
			after = row.ID
		}
		if len(rows) < pageSize {
			return nil
		}
	}
}

func (s *Service) writeWallets(l *list, purses []models.Wallet) error {
	for _, w := range purses {
		row := wallet{w.Number, w.Currency, w.Name, s.amount(w.Balance, w.Currency), w.IsDefault, w.OpenedAt, w.ClosedAt}
		if err := l.add(row); err != nil {
			return err
		}
	}
	return nil
}

// writeEntries goes up to the entry that each wallet's balance was read with, so that the entries add up to the balances.
func (s *Service) writeEntries(ctx context.Context, l *list, purses []models.Wallet) error {
	for _, w := range purses {
		span := wallets.Span{Before: w.Version + 1, Limit: pageSize, Oldest: true}
		for {
			found, err := s.rooms.Wallets.EntriesOf(ctx, []int64{w.ID}, span)
			if err != nil {
				return err
			}
			rows := found[w.ID] // newest first
			for _, e := range slices.Backward(rows) {
				row := entry{w.Number, e.Version, e.TransferID, s.amount(e.Amount, w.Currency), s.amount(e.BalanceAfter, w.Currency), e.PostedAt}
				if err := l.add(row); err != nil {
					return err
				}
			}
			if len(rows) < pageSize {
				break
			}
			span.After = rows[0].Version
		}
	}
	return nil
}

// writeTransfers goes from the newest to the oldest, as writeLog does.
func (s *Service) writeTransfers(ctx context.Context, l *list, account uuid.UUID) error {
	page := transfers.Page{Limit: pageSize}
	for {
		listed, err := s.rooms.Transfers.List(ctx, account, page, nil)
		if err != nil {
			return err
		}
		rows := listed.Views
		for _, t := range rows {
			row := transfer{
				t.ID, t.Kind, t.Status, party{t.FromNumber, t.FromWMID, t.FromName(account)}, party{t.ToNumber, t.ToWMID, t.ToName(account)}, t.Currency,
				s.amount(t.Amount, t.Currency), s.amount(t.Fee, t.Currency), t.FeePaidBy, t.Memo, t.CreatedAt, t.CompletedAt,
				t.Protection, t.ProtectedUntil, t.RefundOf, s.amount(t.Refunded, t.Currency),
			}
			if err := l.add(row); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
		page.Before = &rows[len(rows)-1].ID
	}
}

// amount is a decimal with the currency's digits, as the API has it.
func (s *Service) amount(minor int64, letter string) string {
	currency, _ := s.rooms.Wallets.Currency(letter)
	return money.Format(minor, currency.Exponent)
}

func profileOf(a models.Account) profile {
	p := profile{
		WMID: a.WMID, Phone: text(a.Phone), Email: text(a.Email), EmailVerified: a.EmailVerifiedAt != nil, FirstName: a.FirstName, MiddleName: a.MiddleName,
		LastName: a.LastName, SecurityQuestion: a.SecurityQuestion, Certificate: a.CertificateLevel, Locale: a.Locale, Status: a.Status, CreatedAt: a.CreatedAt,
		IncomingPolicy: a.IncomingPolicy,
	}
	if a.BirthDate != nil {
		p.BirthDate = a.BirthDate.Format(time.DateOnly)
	}
	return p
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
