package accounts

import (
	"context"

	"purser/internal/fault"
	"purser/models"
)

// AgreementID names one version of an agreement.
type AgreementID struct {
	Kind    string
	Version int
}

// Agreements are the current versions, one of each kind.
func (s *Service) Agreements(ctx context.Context) ([]models.Agreement, error) {
	return currentAgreements(ctx, s.db)
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
