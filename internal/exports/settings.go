package exports

import (
	"context"

	"github.com/google/uuid"
)

// What a person has set up, and what was refused; all of it is bounded, but for the refused, which come in pages.

func (s *Service) writePasskeys(ctx context.Context, l *list, account uuid.UUID) error {
	rows, err := passkeysOf(ctx, s.db, account)
	for _, row := range rows {
		if err := l.add(passkey{row.Name, row.CreatedAt, row.LastUsedAt}); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) writePolicies(ctx context.Context, l *list, account uuid.UUID) error {
	rows, err := policiesOf(ctx, s.db, account)
	for _, row := range rows {
		if err := l.add(policy{row.Currency, s.amount(row.WithoutCodeUpTo, row.Currency)}); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) writeBlocked(ctx context.Context, l *list, account uuid.UUID) error {
	rows, err := blockedOf(ctx, s.db, account)
	for _, row := range rows {
		if err := l.add(row); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) writeNotifications(ctx context.Context, l *list, account uuid.UUID) error {
	set, err := s.rooms.Notifications.Settings(ctx, account)
	if err != nil {
		return err
	}
	all := notified{QuietHours: set.Quiet}
	for _, c := range set.Choices {
		all.Events = append(all.Events, choice{c.Event, c.Channels})
	}
	for _, d := range set.Devices {
		all.Devices = append(all.Devices, device{d.Name, d.Kind, d.CreatedAt})
	}
	return l.only(all)
}

func (s *Service) writeContacts(ctx context.Context, l *list, account uuid.UUID) error {
	rows, err := contactsOf(ctx, s.db, account)
	for _, row := range rows {
		if err := l.add(contact{row.WMID, row.Name, row.WalletNumber, row.CreatedAt}); err != nil {
			return err
		}
	}
	return err
}

func (s *Service) writeRefused(ctx context.Context, l *list, account uuid.UUID) error {
	var after uuid.UUID
	for {
		rows, err := refusedOf(ctx, s.db, account, after, pageSize)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := l.add(refused{row.FromNumber, row.Recipient, s.amount(row.Amount, row.FromNumber[:1]), row.Code, row.RefusedAt}); err != nil {
				return err
			}
		}
		if len(rows) < pageSize {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}
