// Package resolvers is the front desk: each resolver finds out who asks, calls one service, and turns the answer into what
// the schema promises. There are no rules here, and no database.
package resolvers

import (
	"purser/internal/accounts"
	"purser/internal/certificates"
	"purser/internal/changes"
	"purser/internal/contacts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/exports"
	"purser/internal/factors"
	"purser/internal/notifications"
	"purser/internal/operators"
	"purser/internal/paylinks"
	"purser/internal/postgres"
	"purser/internal/recovery"
	"purser/internal/sessions"
	"purser/internal/statements"
	"purser/internal/transfers"
	"purser/internal/verification"
	"purser/internal/wallets"
)

// Resolver lists the rooms that resolvers call.
type Resolver struct {
	DB            *postgres.DB // for reading the event log
	Accounts      *accounts.Service
	Factors       *factors.Service
	Recovery      *recovery.Service
	Sessions      *sessions.Service
	Verification  *verification.Service
	Wallets       *wallets.Service
	Changes       *changes.Service
	Transfers     *transfers.Service
	Statements    *statements.Service
	Paylinks      *paylinks.Service
	Certificates  *certificates.Service
	Exports       *exports.Service
	Operators     *operators.Service
	Contacts      *contacts.Service
	Notifications *notifications.Service
	Delivery      *delivery.Service
	Hub           *events.Hub
	SupportURL    string // for the apps to open; empty where there is none
}
