package resolvers

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"purser/graph/model"
	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/locale"
	"purser/internal/request"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

func accountView(a models.Account) *model.Account {
	view := &model.Account{
		ID: globalID(kindAccount, a.ID.String()), AccountID: a.ID, Wmid: a.WMID,
		Email:            &model.Email{Verified: a.EmailVerifiedAt != nil},
		Profile:          &model.Profile{FirstName: a.FirstName, MiddleName: filled(a.MiddleName), LastName: a.LastName},
		SecurityQuestion: a.SecurityQuestion, Certificate: &model.Certificate{Level: model.CertificateLevel(a.CertificateLevel), AccountID: a.ID},
		Locale: model.Locale(a.Locale), CreatedAt: a.CreatedAt, Status: model.AccountStatus(a.Status), FrozenByOperator: a.IsFrozenByOperator(), ClosesAt: a.ClosesAt,
		Security: &model.SecuritySettings{HasVerifiedEmail: a.EmailVerifiedAt != nil, PasswordChangedAt: a.PasswordChangedAt},
	}
	if a.Phone != nil {
		view.Phone = *a.Phone
	}
	if a.Email != nil {
		view.Email.Address = *a.Email
	}
	if a.BirthDate != nil {
		view.Profile.BirthDate = a.BirthDate.Format(time.DateOnly)
	}
	return view
}

func agreementViews(ctx context.Context, agreements []models.Agreement) []*model.Agreement {
	views := make([]*model.Agreement, len(agreements))
	for i, a := range agreements {
		views[i] = agreementView(ctx, a)
	}
	return views
}

func agreementView(ctx context.Context, a models.Agreement) *model.Agreement {
	view := &model.Agreement{
		ID: globalID(kindAgreement, a.Kind, strconv.Itoa(a.Version)), Kind: model.AgreementKind(a.Kind), Version: a.Version,
		Title: a.TitleEN, Text: a.TextEN, PublishedAt: a.PublishedAt,
	}
	if request.Of(ctx).Locale == locale.RU {
		view.Title, view.Text = a.TitleRU, a.TextRU
	}
	return view
}

// registrationView shows a registration, or nothing beside an error.
func registrationView(r accounts.Registration, err error) *model.Registration {
	if err != nil {
		return nil
	}
	return &model.Registration{
		Token: r.Token, Phone: r.Phone, PhoneVerified: r.PhoneVerifiedAt != nil, ProfileSubmitted: r.ProfileSubmittedAt != nil,
		NextStep: model.RegistrationStep(r.NextStep), Challenge: challengeView(r.Challenge), ExpiresAt: r.ExpiresAt,
	}
}

func challengeView(c *models.Challenge) *model.Challenge {
	if c == nil {
		return nil
	}
	sentTo, message := delivery.Masked(c.Target), c.MessageID
	if !c.IsSent() {
		sentTo = ""
	}
	if verification.Purpose(c.Purpose) == verification.Recovery { // asked for by a stranger, who is not told whether anybody got it
		sentTo, message = "", nil
	}
	return &model.Challenge{
		ID: globalID(kindChallenge, c.ID.String()), Method: model.ChallengeMethod(c.Method), SentTo: sentTo,
		CodeLength: verification.CodeLength, ExpiresAt: c.ExpiresAt, ResendAt: c.ResendAt, AttemptsLeft: c.AttemptsLeft,
		MessageID: message, Row: *c,
	}
}

// deliveryOf says what became of a code's message. One that is not there any more is on its way no longer. A version that knew of no
// gateways did not name the message: it was delivered by being in the inbox.
func (r *Resolver) deliveryOf(ctx context.Context, message *uuid.UUID) (model.ChallengeDelivery, error) {
	if message == nil {
		return model.ChallengeDeliverySent, nil
	}
	state, err := loadersOf(ctx).messages.Load(ctx, *message)
	if errors.Is(err, dataloadgen.ErrNotFound) {
		return model.ChallengeDeliveryAbandoned, nil
	}
	return model.ChallengeDelivery(state), err
}

// challengeOf shows a challenge, or nothing beside an error.
func challengeOf(c *models.Challenge, err error) *model.Challenge {
	if err != nil {
		return nil
	}
	return challengeView(c)
}

func tokensView(t sessions.Tokens) *model.SessionTokens {
	return &model.SessionTokens{
		AccessToken: t.Access, AccessTokenExpiresAt: t.AccessExpiresAt,
		RefreshToken: t.Refresh, RefreshTokenExpiresAt: t.RefreshExpiresAt, DeviceTrustToken: filled(t.DeviceTrust),
		Session: sessionView(t.Session, t.Device, true), Account: accountView(t.Account),
	}
}

func sessionView(s models.Session, d models.Device, current bool) *model.Session {
	return &model.Session{
		ID: globalID(kindSession, s.ID.String()), Device: &model.Device{Name: d.Name, Platform: model.Platform(d.Platform)},
		CreatedAt: s.CreatedAt, LastSeenAt: s.LastSeenAt, Current: current,
	}
}

// device reads an app's description of itself; an app may give none.
func device(input *model.DeviceInput) (d sessions.Device, trustToken string) {
	if input == nil {
		return sessions.Device{}, ""
	}
	return sessions.Device{Name: text(input.Name), Platform: string(input.Platform)}, text(input.TrustToken)
}

// describedDevice is device, checked: for an app that is signed in only after something else was done.
func describedDevice(input *model.DeviceInput) (sessions.Device, error) {
	d, _ := device(input)
	return d.Check()
}

// registered signs a new account in. The phone was verified on this device a moment ago, so it is trusted.
func (r *Resolver) registered(ctx context.Context, account models.Account, app sessions.Device) (*model.CompleteRegistrationPayload, error) {
	tokens, err := r.Sessions.Open(ctx, account, app, true)
	if err != nil {
		return nil, err
	}
	return &model.CompleteRegistrationPayload{
		Account: accountView(account), Tokens: tokensView(tokens), UserErrors: []model.UserError{},
	}, nil
}

// agreementIDs reads the ids of agreements; one that is none of ours reads as that of an agreement that is not there.
func agreementIDs(ids []string) []accounts.AgreementID {
	read := make([]accounts.AgreementID, len(ids))
	for i, id := range ids {
		key, _ := localKey(id, kindAgreement)
		kind, version, _ := strings.Cut(key, ":")
		if number, err := strconv.Atoi(version); err == nil {
			read[i] = accounts.AgreementID{Kind: kind, Version: number}
		}
	}
	return read
}

// filled is nil for the empty string, which rows use for what is not there.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// text is the empty string for nil.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
