package resolvers

import (
	"purser/graph/model"
	"purser/internal/recovery"
)

// recoveryView shows a recovery, or nothing beside an error.
func recoveryView(r recovery.Begun, err error) *model.Recovery {
	if err != nil {
		return nil
	}
	return &model.Recovery{
		Token: r.Token, Challenge: challengeView(r.Challenge), SecurityQuestion: filled(r.Question), TotpRequired: r.Factors.Any(),
		PasskeyPossible: r.Factors.Passkey, ExpiresAt: r.ExpiresAt,
	}
}

func lostPhoneView(l recovery.Lost) *model.LostPhoneRecovery {
	return &model.LostPhoneRecovery{SecurityQuestion: l.Question, TotpRequired: l.Factors.Any(), PasskeyPossible: l.Factors.Passkey,
		ReadyAt: l.ReadyAt, ExpiresAt: l.ExpiresAt}
}
