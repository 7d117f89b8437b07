package contacts

import (
	"context"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/text"
	"purser/internal/wallets"
	"purser/models"
)

const (
	// MostContacts is how many one account has.
	MostContacts = 1000
	// LooksBack is how many of the newest transfers that an account sent are looked at for whom it has paid.
	LooksBack = 1000

	nameLongest     = 60
	mostSuggestions = 20

	tooManyContacts = "too_many_contacts"
	oneself         = "oneself"
)

// Contact is somebody whom an account remembers, with what the owner of the list may see of them. It is read with one query, whatever the number.
type Contact struct {
	ID           uuid.UUID  `gorm:"column:id"`
	ContactID    uuid.UUID  `gorm:"column:contact_id"`
	Name         string     `gorm:"column:name_sealed;serializer:sealed" sealed:"contacts.name_sealed,ID"`
	CreatedAt    time.Time  `gorm:"column:created_at"`
	WMID         string     `gorm:"column:wmid"`
	FirstName    string     `gorm:"column:first_name;serializer:sealed" sealed:"accounts.first_name_sealed,ContactID"`
	LastName     string     `gorm:"column:last_name;serializer:sealed" sealed:"accounts.last_name_sealed,ContactID"`
	WalletNumber *string    `gorm:"column:wallet_number"` // the one that is remembered, while it is open
	Known        bool       `gorm:"column:known"`         // money has moved between the two: the name is shown in full
	PaidAt       *time.Time `gorm:"column:paid_at"`       // the last time, if that is among the newest LooksBack
}

// DisplayName is the other's own name as the viewer may see it.
func (c Contact) DisplayName() string {
	if c.Known {
		return accounts.DisplayName(c.FirstName, c.LastName)
	}
	return accounts.MaskedName(c.FirstName, c.LastName)
}

// Page is a part of a list, told by the contacts' ids: those older than Before and newer than After, newest first; Oldest takes the Limit oldest
// ones of the span instead of the newest.
type Page struct {
	After, Before *uuid.UUID
	Limit         int
	Oldest        bool
}

// Contacts are a page of those whom an account knows, newest first.
func (s *Service) Contacts(ctx context.Context, viewer uuid.UUID, p Page) ([]Contact, error) {
	return listContacts(ctx, s.db, viewer, p)
}

// FindMany reads some of an account's contacts; what is not there, or another's, is left out.
func (s *Service) FindMany(ctx context.Context, viewer uuid.UUID, ids []uuid.UUID) ([]Contact, error) {
	return contactsByID(ctx, s.db, viewer, ids)
}

// Suggested are those whom an account has paid lately and who are no contacts, the last first: twenty at most.
func (s *Service) Suggested(ctx context.Context, viewer uuid.UUID) ([]Contact, error) {
	return suggested(ctx, s.db, viewer, mostSuggestions)
}

// Add remembers somebody under a name of the viewer's own, and the wallet if one is named. A repeat gives the same contact with the new name, and
// the new wallet if one is named. It locks the account. It counts against the same limits as a look at a recipient: an answer tells whether
// a number is anybody's.
// Faults: InvalidInput, also for oneself and beyond the most; InvalidWalletNumber, InvalidWMID, InvalidPhone, RecipientNotFound, RateLimited.
func (s *Service) Add(ctx context.Context, viewer uuid.UUID, to wallets.Recipient, name string) (Contact, error) {
	name, refusal := text.Required(name, nameLongest, "name")
	if refusal != nil {
		return Contact{}, refusal
	}
	typed, err := to.Read(request.Of(ctx), "recipient")
	if err != nil {
		return Contact{}, err
	}
	if err := s.verification.Spend(ctx, wallets.Looks(viewer)); err != nil {
		return Contact{}, err
	}
	other, wallet, err := s.whom(ctx, viewer, to, typed)
	if err != nil {
		return Contact{}, err
	}
	if other == viewer {
		return Contact{}, fault.Invalid(oneself, "recipient")
	}
	row, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Contact, error) {
		row, err := s.remember(tx, viewer, other)
		if err != nil {
			return row, err
		}
		row.Name = name
		if wallet != nil {
			row.WalletID = wallet
		}
		if err := saveContact(tx, row); err != nil {
			return row, err
		}
		return row, events.AppendTx(tx, events.Changed(viewer))
	})
	if err != nil {
		return Contact{}, err
	}
	s.hub.Publish(viewer)
	return s.mustFind(ctx, viewer, row.ID)
}

// remember is the contact that there is, or a new one, behind the lock of the account.
func (s *Service) remember(tx *postgres.Tx, viewer, other uuid.UUID) (models.Contact, error) {
	if err := lockAccount(tx, viewer); err != nil {
		return models.Contact{}, err
	}
	row, found, err := contactOf(tx, viewer, other)
	if err != nil || found {
		return row, err
	}
	count, err := countContacts(tx, viewer)
	if err != nil {
		return row, err
	}
	if count >= MostContacts {
		return row, fault.Invalid(tooManyContacts, "recipient").With("Count", MostContacts)
	}
	id, err := uuid.NewV7()
	return models.Contact{ID: id, AccountID: viewer, ContactID: other, CreatedAt: tx.Now}, err
}

// whom finds the account that somebody means, and the wallet if it was named by one. What belongs to the system, or to a closed account, is nobody's.
func (s *Service) whom(ctx context.Context, viewer uuid.UUID, to wallets.Recipient, typed string) (other uuid.UUID, wallet *int64, err error) {
	if to.WMID != nil {
		account, err := s.accounts.FindByWMID(ctx, typed, "recipient", "wmid")
		return account.ID, nil, err
	}
	if to.Phone != nil {
		if err := s.verification.Spend(ctx, wallets.PhoneLooks(viewer)); err != nil {
			return uuid.Nil, nil, err
		}
		account, err := s.accounts.FindByPhone(ctx, typed, request.Of(ctx).Locale, "recipient", "phone")
		return account.ID, nil, err
	}
	field := []string{"recipient", "walletNumber"}
	found, err := s.wallets.Find(ctx, typed, field...)
	if err != nil {
		return uuid.Nil, nil, err
	}
	owner, err := s.accounts.Find(ctx, found.AccountID)
	if err != nil {
		return uuid.Nil, nil, err
	}
	if owner.Role == models.RoleSystem || owner.Status == models.AccountClosed || !found.IsOpen() {
		return uuid.Nil, nil, fault.New(fault.RecipientNotFound, field...)
	}
	return owner.ID, &found.ID, nil
}

// Rename gives a contact another name. A repeat does nothing more. Faults: InvalidInput, ContactNotFound.
func (s *Service) Rename(ctx context.Context, viewer, id uuid.UUID, name string) (Contact, error) {
	name, refusal := text.Required(name, nameLongest, "name")
	if refusal != nil {
		return Contact{}, refusal
	}
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		if err := lockAccount(tx, viewer); err != nil {
			return struct{}{}, err
		}
		row, found, err := ownContact(tx, viewer, id)
		if err != nil {
			return struct{}{}, err
		}
		if !found {
			return struct{}{}, fault.New(fault.ContactNotFound, "contactId")
		}
		row.Name = name
		if err := saveContact(tx, row); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, events.AppendTx(tx, events.Changed(viewer))
	})
	if err != nil {
		return Contact{}, err
	}
	s.hub.Publish(viewer)
	return s.mustFind(ctx, viewer, id)
}

// Remove forgets a contact. It locks the account and its wallets, so that who may send as a contact only sends nothing more once it is done; what
// the ledger has in hand comes before it. A repeat does nothing.
func (s *Service) Remove(ctx context.Context, viewer, id uuid.UUID) error {
	_, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (struct{}, error) {
		if err := lockWallets(tx, viewer); err != nil {
			return struct{}{}, err
		}
		removed, err := deleteContact(tx, viewer, id)
		if err != nil || !removed {
			return struct{}{}, err
		}
		return struct{}{}, events.AppendTx(tx, events.Changed(viewer))
	})
	if err == nil {
		s.hub.Publish(viewer)
	}
	return err
}

// mustFind reads a contact that was just written; another request of its owner's may have removed it since. Faults: ContactNotFound.
func (s *Service) mustFind(ctx context.Context, viewer, id uuid.UUID) (Contact, error) {
	found, err := contactsByID(ctx, s.db, viewer, []uuid.UUID{id})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.ContactNotFound)
	}
	if err != nil {
		return Contact{}, err
	}
	return found[0], nil
}
