// Package notifications owns what people are told of beside what they ask for: of which events, on which channels, and when. It makes messages of
// what package notices has written down, once for each, and keeps the devices that take pushes. It delivers nothing itself, and knows no gateway.
package notifications

import (
	"context"
	"slices"
	"strings"
	_ "time/tzdata" // a server without a list of time zones of its own knows them all

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/delivery/gateway"
	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/postgres"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/models"
)

// Rooms are what notifications need of others.
type Rooms struct {
	Accounts     *accounts.Service
	Wallets      *wallets.Service
	Transfers    *transfers.Service
	Verification *verification.Service
	Delivery     *delivery.Service
	Hub          *events.Hub
}

// Config says which pushes there are.
type Config struct {
	Kinds      []string // of devices that there is a gateway for
	WebPushKey string   // public, that browsers subscribe with; empty without a gateway for them
	Rules      gateway.EndpointRules
	TransferID func(uuid.UUID) string // as the API has it
}

// Service is the room.
type Service struct {
	db     *postgres.DB
	rooms  Rooms
	config Config
}

// New makes the room.
func New(db *postgres.DB, r Rooms, c Config) *Service { return &Service{db: db, rooms: r, config: c} }

// Choice is on which channels a person is told of an event.
type Choice struct {
	Event    string
	Channels []string // of package delivery
}

// rule is what can be chosen for an event. What is always on cannot be left out: whoever has taken an account over shall not be able to silence it.
type rule struct {
	event           string
	fallback        []string
	offered, always []string
}

var (
	everywhere = []string{delivery.Push, delivery.Email, delivery.SMS}
	onlyPush   = []string{delivery.Push}
)

// rules are those of all events, in the order in which they are shown.
var rules = []rule{
	{models.MoneyReceived, onlyPush, everywhere, nil},
	{models.MoneyProtected, onlyPush, everywhere, nil},
	{models.MoneySent, onlyPush, everywhere, nil},
	{models.TransferEnded, onlyPush, everywhere, nil},
	{models.NewSignIn, []string{delivery.Push, delivery.Email}, []string{delivery.Push, delivery.Email}, []string{delivery.Email}},
	{models.SecurityChange, everywhere, everywhere, []string{delivery.Email, delivery.SMS}},
}

func ruleOf(event string) rule {
	return rules[slices.IndexFunc(rules, func(r rule) bool { return r.event == event })]
}

// isMoney tells an event that waits for the end of quiet hours from one that does not.
func (r rule) isMoney() bool { return r.always == nil }

const (
	notOffered = "not_offered"
	alwaysOn   = "always_on"
)

// Settings are what a person has set up. Device ids are the rows'.
type Settings struct {
	Choices []Choice
	Quiet   *Quiet
	Devices []models.PushDevice
}

// Settings reads them, with three queries. Devices of sessions that have ended are left out.
func (s *Service) Settings(ctx context.Context, account uuid.UUID) (Settings, error) {
	rows, err := choicesOf(s.db.GORM(ctx), account)
	if err != nil {
		return Settings{}, err
	}
	all := Settings{}
	for _, r := range rules {
		all.Choices = append(all.Choices, Choice{r.event, chosen(rows, r)})
	}
	if all.Quiet, err = quietOf(s.db.GORM(ctx), account); err != nil {
		return Settings{}, err
	}
	all.Devices, err = liveDevices(s.db.GORM(ctx), account, s.db.Now())
	return all, err
}

// chosen are the channels of an event: those that were set, or the ones it has when nothing was.
func chosen(rows []models.NotificationChoice, r rule) []string {
	for _, row := range rows {
		if row.Event == r.event {
			return split(row.Channels)
		}
	}
	return r.fallback
}

func split(channels string) []string {
	return slices.DeleteFunc(strings.Split(channels, ","), func(c string) bool { return c == "" })
}

// Set says on which channels a person is told of an event. It locks the account and its wallets, which it marks for the ledger. A repeat does nothing
// more. Faults: InvalidInput for a channel that the event does not have, or that is always on and left out.
func (s *Service) Set(ctx context.Context, viewer uuid.UUID, event string, channels []string) error {
	r, named := ruleOf(event), make([]string, 0, len(everywhere))
	for _, channel := range everywhere {
		if slices.Contains(channels, channel) {
			named = append(named, channel)
		}
	}
	for _, channel := range named {
		if !slices.Contains(r.offered, channel) {
			return fault.Invalid(notOffered, "channels")
		}
	}
	for _, channel := range r.always {
		if !slices.Contains(named, channel) {
			return fault.Invalid(alwaysOn, "channels")
		}
	}
	return s.change(ctx, viewer, func(tx *postgres.Tx) error {
		return saveChoice(tx, models.NotificationChoice{AccountID: viewer, Event: event, Channels: strings.Join(named, ",")})
	})
}

// change lets fn change an account's settings behind the locks of the account and its wallets, marks these, and tells the account's devices.
func (s *Service) change(ctx context.Context, account uuid.UUID, fn func(tx *postgres.Tx) error) error {
	return s.changeAll(ctx, func(*postgres.Tx) ([]uuid.UUID, error) { return []uuid.UUID{account}, nil }, fn)
}

// changeAll is change for the accounts that whose names, in the same transaction and before anything of theirs is locked.
func (s *Service) changeAll(ctx context.Context, whose func(tx *postgres.Tx) ([]uuid.UUID, error), fn func(tx *postgres.Tx) error) error {
	owners, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) ([]uuid.UUID, error) {
		owners, err := whose(tx)
		if err != nil {
			return nil, err
		}
		if err := lockWallets(tx, owners); err != nil {
			return nil, err
		}
		if err := fn(tx); err != nil {
			return nil, err
		}
		if err := markWallets(tx, owners); err != nil {
			return nil, err
		}
		changes := make([]events.Draft, len(owners))
		for i, account := range owners {
			changes[i] = events.Changed(account)
		}
		return owners, events.AppendTx(tx, changes...)
	})
	if err == nil {
		s.rooms.Hub.Publish(owners...)
	}
	return err
}
