package main

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"purser/graph/generated"
	"purser/internal/accounts"
	"purser/internal/certificates"
	"purser/internal/changes"
	"purser/internal/config"
	"purser/internal/contacts"
	"purser/internal/delivery"
	"purser/internal/delivery/gateway"
	"purser/internal/events"
	"purser/internal/exports"
	"purser/internal/factors"
	"purser/internal/httpapi"
	"purser/internal/jobs"
	"purser/internal/ledger"
	"purser/internal/notifications"
	"purser/internal/operators"
	"purser/internal/passkeys"
	"purser/internal/paylinks"
	"purser/internal/postgres"
	"purser/internal/recovery"
	"purser/internal/secret"
	"purser/internal/sessions"
	history "purser/internal/statements"
	"purser/internal/tracing"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
	"purser/resolvers"
)

// rooms are all services, built from the lowest floor up.
type rooms struct {
	hub       *events.Hub
	ledger    *ledger.Ledger
	watch     *sessions.Watch
	accounts  *accounts.Service
	changes   *changes.Service
	exports   *exports.Service
	transfers *transfers.Service
	notes     *notifications.Service
	lookBack  *history.Service
	operators *operators.Service
	roles     *operators.Roles
	sender    *delivery.Sender
	jobs      *jobs.Runner
	api       *httpapi.API
}

func build(ctx context.Context, c config.Config, db *postgres.DB, log *slog.Logger, publicURL string, spans *tracing.Tracing) (rooms, error) {
	box, err := secret.NewBox(c.MasterKey())
	if err != nil {
		return rooms{}, err
	}
	hub := events.NewHub(db, log)
	messages := delivery.New(db, box)
	push, offers, err := newPush(c, db)
	if err != nil {
		return rooms{}, err
	}
	sender, err := newSender(c, db, box, log, push)
	if err != nil {
		return rooms{}, err
	}
	runner := jobs.New(db, log, jobs.Config{})
	sender.Handle(runner)
	books := ledger.New(db, hub, log)
	codes := verification.New(db, box, messages, verification.Config{TTL: c.CodeTTL, ResendAfter: c.CodeResendAfter, PerDay: c.CodesPerDay})
	people := accounts.New(db, box, codes, messages, hub,
		accounts.Config{RegistrationTTL: c.RegistrationTTL, EmailLinkTTL: c.EmailLinkTTL, PublicURL: publicURL})
	keys, err := newPasskeys(c, db, box, people, codes, publicURL)
	if err != nil {
		return rooms{}, err
	}
	second := factors.New(db, box, people, codes, keys, hub, factors.Config{OperatorsNeedOne: c.IsProduction()})
	signedIn, err := sessions.New(ctx, db, box, people, codes, hub,
		sessions.Config{AccessTTL: c.AccessTokenTTL, RefreshTTL: c.RefreshTokenTTL, DeviceTrustTTL: c.DeviceTrustTTL})
	if err != nil {
		return rooms{}, err
	}
	signedIn.AskFactors(second)
	purses, err := wallets.New(ctx, db, hub)
	if err != nil {
		return rooms{}, err
	}
	payments := transfers.New(db, box, transfers.Rooms{Ledger: books, Accounts: people, Wallets: purses, Verification: codes, Hub: hub}, c.ConfirmationTTL)
	notes := notifications.New(db, notifications.Rooms{Accounts: people, Wallets: purses, Transfers: payments, Verification: codes, Delivery: messages, Hub: hub}, offers)
	sender.Reach(notes)
	lookBack := history.New(db, purses, payments, publicURL)
	circle := contacts.New(db, people, purses, codes, hub)
	ownHand := changes.New(db, changes.Rooms{Accounts: people, Sessions: signedIn, Wallets: purses, Factors: second, Verification: codes, Hub: hub})
	papers := certificates.New(db, box, codes, messages, hub, publicURL)
	copies := exports.New(db, box, log, exports.Rooms{Accounts: people, Sessions: signedIn, Wallets: purses, Transfers: payments, Notifications: notes, Verification: codes,
		Delivery: messages, Hub: hub}, publicURL)
	copies.Handle(runner)
	alone, err := operators.ReadLimits(c.SecondOperator(), c.IsProduction(), purses.Currency)
	if err != nil {
		return rooms{}, err
	}
	desks := operators.New(db, operators.Rooms{Ledger: books, Accounts: people, Changes: ownHand, Sessions: signedIn, Wallets: purses, Papers: papers,
		Verification: codes, Hub: hub}, alone)

	wayBack := recovery.New(db, box, recovery.Rooms{Accounts: people, Factors: second, Sessions: signedIn, Verification: codes, Delivery: messages, Hub: hub},
		recovery.Config{TTL: c.RecoveryTTL, LinkTTL: c.EmailLinkTTL, Hold: c.RecoveryHold, Delay: c.LostPhoneDelay, PublicURL: publicURL})

	desk := &resolvers.Resolver{DB: db, Accounts: people, Factors: second, Recovery: wayBack, Sessions: signedIn, Verification: codes, Wallets: purses,
		Changes: ownHand, Transfers: payments, Statements: lookBack, Paylinks: paylinks.New(db, box, people, purses, publicURL),
		Certificates: papers, Exports: copies, Operators: desks, Contacts: circle, Notifications: notes, Delivery: messages, Hub: hub, SupportURL: c.SupportURL}
	watch := sessions.NewWatch(signedIn, log)
	api, err := httpapi.New(httpapi.Deps{Config: c, Log: log, DB: db, Schema: schema(desk), Present: resolvers.Present(log), Loaders: desk.Loaders,
		Sessions: signedIn, Watch: watch, Accounts: people, Recovery: wayBack, Delivery: messages, Certificates: papers, Statements: lookBack, Exports: copies,
		Tracing: spans, Waiting: books.Waiting, JobsRun: runner.IsRunning,
		Metrics: slices.Concat(sender.Metrics(), books.Metrics(), runner.Metrics())})
	if err != nil {
		return rooms{}, err
	}
	return rooms{hub: hub, ledger: books, watch: watch, accounts: people, changes: ownHand, exports: copies, transfers: payments, notes: notes, lookBack: lookBack, operators: desks,
		roles:  operators.NewRoles(db, people, second, signedIn, hub),
		sender: sender, jobs: runner, api: api}, nil
}

// newPasskeys makes the room of passkeys, which belong to a domain.
func newPasskeys(c config.Config, db *postgres.DB, box *secret.Box, a *accounts.Service, v *verification.Service, publicURL string) (*passkeys.Service, error) {
	domain, origins, apps := c.Passkeys(publicURL)
	return passkeys.New(db, box, a, v, passkeys.Config{RPID: domain, Origins: origins, Apps: apps})
}

// newSender makes the gateways that the configuration names.
func newSender(c config.Config, db *postgres.DB, box *secret.Box, log *slog.Logger, push map[string]gateway.Gateway) (*delivery.Sender, error) {
	options := gateway.Options{RequireTLS: c.IsProduction()}
	open := func(addresses []*url.URL, names ...string) (all []gateway.Gateway, err error) {
		for i, address := range addresses {
			g, err := gateway.New(names[i], address, options)
			if err != nil {
				return nil, err
			}
			all = append(all, g)
		}
		return all, nil
	}
	sms, err := open(c.SMSGateways(), "sms-1", "sms-2")
	if err != nil {
		return nil, err
	}
	email, err := open(c.MailServer(), "smtp")
	if err != nil {
		return nil, err
	}
	return delivery.NewSender(db, box, log, delivery.Config{SMS: sms, Email: email, Push: push}), nil
}

// send delivers messages until ctx ends; what is on its way then has a time to arrive.
func (all rooms) send(ctx context.Context, drain time.Duration) error {
	return errors.Join(all.jobs.Run(ctx, drain), all.sender.Close())
}

func schema(desk *resolvers.Resolver) graphql.ExecutableSchema {
	return generated.NewExecutableSchema(generated.Config{Resolvers: desk, Complexity: resolvers.Complexity()})
}
