package transfers

import (
	"bytes"
	"context"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/models"
)

// View is a transfer with what its two sides see of each other. It is read with one query, whatever the number; that of a
// transfer just posted is made without one, and has no names yet.
type View struct {
	models.Transfer
	FromNumber    string `gorm:"column:from_number"`
	FromWMID      string `gorm:"column:from_wmid"`
	FromFirstName string `gorm:"column:from_first_name;serializer:sealed" sealed:"accounts.first_name_sealed,FromAccountID"`
	FromLastName  string `gorm:"column:from_last_name;serializer:sealed" sealed:"accounts.last_name_sealed,FromAccountID"`
	ToNumber      string `gorm:"column:to_number"`
	ToWMID        string `gorm:"column:to_wmid"`
	ToFirstName   string `gorm:"column:to_first_name;serializer:sealed" sealed:"accounts.first_name_sealed,ToAccountID"`
	ToLastName    string `gorm:"column:to_last_name;serializer:sealed" sealed:"accounts.last_name_sealed,ToAccountID"`
	Known         bool   `gorm:"column:known"` // money has moved between the two: they see names in full
	Named         bool   `gorm:"column:named"` // WMIDs and names are filled in
}

// FromName is the sender's name as the viewer may see it.
func (v View) FromName(viewer uuid.UUID) string {
	return v.name(v.FromAccountID, v.FromFirstName, v.FromLastName, viewer)
}

// ToName is the recipient's name as the viewer may see it.
func (v View) ToName(viewer uuid.UUID) string {
	return v.name(v.ToAccountID, v.ToFirstName, v.ToLastName, viewer)
}

func (v View) name(owner uuid.UUID, first, last string, viewer uuid.UUID) string {
	if owner == models.SystemAccountID && v.Named {
		return accounts.SystemName
	}
	if v.Known || owner == viewer {
		return accounts.DisplayName(first, last)
	}
	return accounts.MaskedName(first, last)
}

// Page is a part of an account's transfers, told by their ids: those older than Before and newer than After. They come newest
// first; Oldest takes the Limit oldest ones of the span instead of the newest.
type Page struct {
	After, Before *uuid.UUID
	Limit         int
	Oldest        bool

	NotBefore, NotAfter *uuid.UUID // bounds that belong to the span themselves; a filter sets them
}

// stopAt makes a transfer the last one that a page may hold.
func (p *Page) stopAt(last *uuid.UUID) {
	if last == nil {
		return
	}
	if p.Oldest {
		p.NotAfter = last
	} else {
		p.NotBefore = last
	}
}

// narrow bounds a page by the filter's time.
func (s *sieve) narrow(p *Page) {
	p.NotBefore = s.from
	if s.to != nil && (p.Before == nil || bytes.Compare(s.to[:], p.Before[:]) < 0) {
		p.Before = s.to
	}
}

// Listing is a page of a list. A page of a filtered list that ended early, because enough had been looked at, says at which transfer: there
// may be more beyond it.
type Listing struct {
	Views   []View
	EndedAt *uuid.UUID
}

// List reads a part of the transfers an account sent, in whatever state, and of those that reached it; filter nil is all of them. However long
// the list, and whatever the filter finds, a page comes from no more than filterLooksAt of them.
// Faults: InvalidWalletNumber, InvalidWMID, InvalidAmount, InvalidInput, WalletNotFound, all of the filter.
func (s *Service) List(ctx context.Context, account uuid.UUID, p Page, filter *Filter) (Listing, error) {
	if filter == nil {
		views, err := listViews(ctx, s.db, account, p, &sieve{})
		return Listing{Views: views}, err
	}
	sieve, err := s.readFilter(ctx, account, *filter)
	if err != nil || sieve.nothing {
		return Listing{}, err
	}
	sieve.narrow(&p)
	ended, err := lastLookedAt(ctx, s.db, account, p, sieve.direction)
	if err != nil {
		return Listing{}, err
	}
	p.stopAt(ended)
	views, err := listViews(ctx, s.db, account, p, sieve)
	if len(views) == p.Limit { // the page is full: it did not end early
		ended = nil
	}
	return Listing{Views: views, EndedAt: ended}, err
}

// Find reads one transfer that an account may see; ok is false when there is none.
func (s *Service) Find(ctx context.Context, account, id uuid.UUID) (view View, ok bool, err error) {
	found, err := s.FindMany(ctx, account, []uuid.UUID{id})
	view, ok = found[id]
	return view, ok, err
}

// FindMany is Find for many, with one query.
func (s *Service) FindMany(ctx context.Context, account uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]View, error) {
	return viewsByID(ctx, s.db, account, ids)
}

// FindByKey reads the transfer that an account made with an idempotency key.
func (s *Service) FindByKey(ctx context.Context, account, key uuid.UUID) (View, bool, error) {
	return viewByKey(ctx, s.db, account, key)
}
