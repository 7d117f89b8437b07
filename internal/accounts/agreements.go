package accounts

import (
	"context"

	"github.com/google/uuid"

	"purser/internal/events"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/models"
)

// AgreementID names one version of an agreement.
type AgreementID struct {
	Kind    string
	Version int
}

// Device is what an app calls itself, as it is written beside what was accepted on it.
type Device struct{ Name, Platform string }

// Agreements are the current versions, one of each kind.
func (s *Service) Agreements(ctx context.Context) ([]models.Agreement, error) {
	return currentAgreements(ctx, s.db)
}

// PendingAgreements are the current versions that an account has not accepted. Until it has, no money leaves it for others.
func (s *Service) PendingAgreements(ctx context.Context, account uuid.UUID) ([]models.Agreement, error) {
	return pendingAgreements(ctx, s.db, account)
}

// AcceptAgreements accepts current versions. A repeat changes nothing: the first acceptance stays, with its time and device. It locks
// the account's row. Faults: AgreementsNotAccepted, when none is given, or one that is not the current version: then a newer text is to
// be read.
func (s *Service) AcceptAgreements(ctx context.Context, account uuid.UUID, ids []AgreementID) (models.Account, error) {
	current, err := currentAgreements(ctx, s.db)
	if err != nil {
		return models.Account{}, err
	}
	counts := make(map[AgreementID]bool, len(current))
	for _, agreement := range current {
		counts[AgreementID{agreement.Kind, agreement.Version}] = true
	}
	accepted := map[AgreementID]bool{}
	for _, id := range ids {
		if !counts[id] {
			return models.Account{}, fault.New(fault.AgreementsNotAccepted, "agreementIds")
		}
		accepted[id] = true
	}
	if len(accepted) == 0 {
		return models.Account{}, fault.New(fault.AgreementsNotAccepted, "agreementIds")
	}
	row, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
		return accept(tx, account, accepted)
	})
	if err == nil {
		s.hub.Publish(account)
	}
	return row, err
}

func accept(tx *postgres.Tx, id uuid.UUID, accepted map[AgreementID]bool) (models.Account, error) {
	account, err := lockAccount(tx, id)
	if err != nil {
		return account, err
	}
	before := account
	var session *uuid.UUID
	if asking := request.Of(tx.Context()).Session; asking != uuid.Nil {
		session = &asking
	}
	for id := range accepted {
		if err := acceptAgreement(tx, account.ID, id, session); err != nil {
			return account, err
		}
		switch id.Kind {
		case models.TermsOfTransfer:
			account.AcceptedTerms = max(account.AcceptedTerms, id.Version)
		case models.PersonalData:
			account.AcceptedData = max(account.AcceptedData, id.Version)
		}
	}
	if account.AcceptedTerms == before.AcceptedTerms && account.AcceptedData == before.AcceptedData {
		return account, nil
	}
	if err := saveAccepted(tx, account); err != nil {
		return account, err
	}
	if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: journal.AgreementsAccepted}); err != nil {
		return account, err
	}
	return account, events.AppendTx(tx, events.Changed(account.ID))
}

func (s *Service) agreementsMissing(ctx context.Context, accepted []AgreementID) error {
	current, err := currentAgreements(ctx, s.db)
	if err != nil {
		return err
	}
	ticked := make(map[AgreementID]bool, len(accepted))
	for _, id := range accepted {
		ticked[id] = true
	}
	for _, agreement := range current {
		if !ticked[AgreementID{agreement.Kind, agreement.Version}] {
			return fault.New(fault.AgreementsNotAccepted, "acceptedAgreements")
		}
	}
	return nil
}
