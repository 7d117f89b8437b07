package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/verification"
	"purser/models"
)

// Step is what a registration waits for; it is RegistrationStep of the schema.
type Step string

// The steps, in order. LogIn is the end: of a finished registration, and of one whose phone has an account already.
const (
	SubmitProfile Step = "SUBMIT_PROFILE"
	VerifyPhone   Step = "VERIFY_PHONE"
	Complete      Step = "COMPLETE"
	LogIn         Step = "LOG_IN"
)

// startsPerHour bounds the registrations begun from one address.
const startsPerHour = 300

// emailLooksPerDay bounds how often someone with a verified phone learns whether an address is taken.
const emailLooksPerDay = 10

// maxNumberDraws bounds how often a random WMID may turn out to be taken.
const maxNumberDraws = 5

// Registration is a registration as its owner sees it. Token is what the owner gave or was given: only its hash is kept.
type Registration struct {
	models.Registration
	Token     string
	NextStep  Step
	Challenge *models.Challenge // while a code is awaited
}

// Start begins a registration for a phone in any spelling. A repeat begins another one: whichever completes first gets
// the account. Nothing here tells whether the phone has an account; that is said when the phone is verified.
// Faults: InvalidPhone, RateLimited.
func (s *Service) Start(ctx context.Context, phone string, l locale.Locale) (Registration, error) {
	e164, err := Phone(phone, l, "phone")
	if err != nil {
		return Registration{}, err
	}
	token := secret.NewToken()
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Registration, error) {
		limit := verification.Limit{Name: "registrations", Subject: request.Of(ctx).IP, Most: startsPerHour, Window: time.Hour}
		if err := s.verification.Take(tx, limit); err != nil {
			return Registration{}, err
		}
		row := models.Registration{
			ID: uuid.New(), TokenMAC: s.registrationMAC(token), Phone: e164, Locale: string(l),
			CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(s.config.RegistrationTTL),
		}
		return Registration{Registration: row, Token: token, NextStep: SubmitProfile}, insertRegistration(tx, row)
	})
}

// Registration reads a registration, so that an app that was killed can go on.
// Faults: RegistrationExpired, also for a token that never was.
func (s *Service) Registration(ctx context.Context, token string) (Registration, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Registration, error) {
		return s.lockRegistration(tx, token)
	})
}

// SubmitProfile stores personal data and, unless a code is already on its way or the phone is verified, sends one. It may
// be repeated until the registration is completed, to correct a mistake.
// Faults: InvalidInput for each field, RegistrationExpired, StepOutOfOrder, PhoneTaken, EmailTaken, RateLimited.
func (s *Service) SubmitProfile(ctx context.Context, token string, p Profile) (Registration, error) {
	begun, err := s.Registration(ctx, token) // hashing is work: it is not done for strangers
	if err != nil {
		return Registration{}, err
	}
	if begun.NextStep == LogIn {
		return Registration{}, begun.ended()
	}
	if begun.PhoneVerifiedAt != nil {
		looks := verification.Limit{Name: "looks at e-mail addresses", Subject: begun.Phone, Most: emailLooksPerDay, Window: 24 * time.Hour}
		if err := s.verification.Spend(ctx, looks); err != nil {
			return Registration{}, err
		}
	}
	j, err := p.judge(s.db.Now())
	if err != nil {
		return Registration{}, err
	}
	answerHash, err := HashPassword(ctx, j.SecurityAnswer)
	if err != nil {
		return Registration{}, err
	}
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Registration, error) {
		r, err := s.lockRegistration(tx, token)
		if err != nil {
			return Registration{}, err
		}
		if r.NextStep == LogIn {
			return Registration{}, r.ended()
		}
		r.FirstName, r.MiddleName, r.LastName, r.BirthDate = j.FirstName, j.MiddleName, j.LastName, &j.birthDate
		r.Email, r.SecurityQuestion, r.SecurityAnswerHash = j.Email, j.SecurityQuestion, answerHash
		r.ProfileSubmittedAt = &tx.Now
		if err := s.advance(tx, &r); err != nil {
			return Registration{}, err
		}
		return r, saveRegistration(tx, r.Registration)
	})
}

// advance sets the next step after the profile was submitted.
func (s *Service) advance(tx *postgres.Tx, r *Registration) error {
	if r.PhoneVerifiedAt != nil {
		r.NextStep = Complete
		return emailIsFree(tx, s.mailMAC(r.Email)) // said only to someone with a verified phone, and a few times a day
	}
	r.NextStep = VerifyPhone
	if c := r.Challenge; c != nil && (tx.Now.Before(c.ResendAt) || (c.AttemptsLeft > 0 && tx.Now.Before(c.ExpiresAt))) {
		return nil // the code is on its way, or has been tried out a moment ago: resendCode brings another when it is time
	}
	challenge, err := s.verification.Begin(tx, verification.Request{
		Purpose: verification.Registration, Phone: r.Phone, Locale: locale.Locale(r.Locale), Template: "registration_code",
	})
	r.Challenge, r.ChallengeID = &challenge, &challenge.ID
	return err
}

// VerifyPhone checks the code. If the phone has an account already, the next step is to log in.
// Faults: RegistrationExpired, StepOutOfOrder, InvalidInput, CodeRejected, CodeExpired.
func (s *Service) VerifyPhone(ctx context.Context, token, code string) (Registration, error) {
	var refusal *fault.Fault
	r, err := postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (Registration, error) {
		refusal = nil // of an attempt that Postgres undid
		r, err := s.lockRegistration(tx, token)
		if err != nil {
			return Registration{}, err
		}
		if r.NextStep != VerifyPhone {
			return Registration{}, fault.New(fault.StepOutOfOrder)
		}
		refusal, err = s.verification.Check(tx, *r.ChallengeID, verification.Registration, code)
		if err != nil || refusal != nil {
			return Registration{}, err // a refusal is committed: it has spent an attempt
		}
		r.PhoneVerifiedAt, r.Challenge = &tx.Now, nil
		if err := saveRegistration(tx, r.Registration); err != nil {
			return Registration{}, err
		}
		r.NextStep, err = s.nextStep(tx, r.Registration)
		return r, err
	})
	return verification.Settle(r, refusal, err)
}

// CompleteRequest is the last step: a password, typed twice, and the agreements accepted, each as KIND/version.
type CompleteRequest struct {
	Token, Password, PasswordConfirmation string
	Agreements                            []AgreementID
	Device                                Device
}

// Complete makes the account and sends the letter that confirms its e-mail address. Of several registrations of one
// phone, however concurrent, one ends in the account; the others are told PhoneTaken. A repeat after success is
// StepOutOfOrder: the account is there, and one logs in.
// Faults: RegistrationExpired, StepOutOfOrder, PhoneTaken, EmailTaken, PasswordMismatch, PasswordTooWeak,
// AgreementsNotAccepted, Overloaded.
func (s *Service) Complete(ctx context.Context, req CompleteRequest) (models.Account, error) {
	r, err := s.Registration(ctx, req.Token)
	if err != nil {
		return models.Account{}, err
	}
	if err := r.mayComplete(); err != nil {
		return models.Account{}, err
	}
	missing := s.agreementsMissing(ctx, req.Agreements)
	weak := CheckPassword(req.Password, req.PasswordConfirmation, r.Phone, r.Email, r.FirstName+r.LastName)
	if err := errors.Join(weak, missing); err != nil {
		return models.Account{}, err
	}
	passwordHash, err := HashPassword(ctx, req.Password)
	if err != nil {
		return models.Account{}, err
	}

	var account models.Account
	for range maxNumberDraws {
		account, err = postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Account, error) {
			return s.complete(tx, req, passwordHash)
		})
		if !postgres.Violates(err, "accounts_wmid_key") {
			break
		}
	}
	return account, fault.Elsewhere(err, map[string]string{"token": "token"}) // the address and the phone are no fields of this input
}

func (s *Service) complete(tx *postgres.Tx, req CompleteRequest, passwordHash string) (models.Account, error) {
	r, err := s.lockRegistration(tx, req.Token)
	if err != nil {
		return models.Account{}, err
	}
	if err := r.mayComplete(); err != nil {
		return models.Account{}, err
	}
	account, err := s.Create(tx, NewAccount{
		Role: models.RolePerson, CertificateLevel: models.CertificateAlias, Locale: locale.Locale(r.Locale),
		Phone: r.Phone, Email: r.Email, FirstName: r.FirstName, MiddleName: r.MiddleName, LastName: r.LastName,
		BirthDate: *r.BirthDate, PasswordHash: passwordHash,
		SecurityQuestion: r.SecurityQuestion, SecurityAnswerHash: r.SecurityAnswerHash, Device: req.Device,
	})
	if err != nil {
		return models.Account{}, err
	}
	r.AccountID = &account.ID
	if err := saveRegistration(tx, r.Registration); err != nil {
		return models.Account{}, err
	}
	return account, s.sendEmailLink(tx, account)
}

// mayComplete says what a registration that cannot be completed waits for.
func (r Registration) mayComplete() error {
	switch r.NextStep {
	case Complete:
		return nil
	case LogIn:
		return r.ended()
	default:
		return fault.New(fault.StepOutOfOrder)
	}
}

// ended tells a registration that led to its account from one whose phone had an account already.
func (r Registration) ended() error {
	if r.AccountID != nil {
		return fault.New(fault.StepOutOfOrder)
	}
	return fault.New(fault.PhoneTaken)
}

// lockRegistration reads a registration for one request at a time, with its challenge.
func (s *Service) lockRegistration(tx *postgres.Tx, token string) (Registration, error) {
	row, err := registrationByMAC(tx, s.registrationMAC(token))
	if err != nil {
		return Registration{}, err
	}
	r := Registration{Registration: row, Token: token}
	if !tx.Now.Before(r.ExpiresAt) {
		return Registration{}, fault.New(fault.RegistrationExpired)
	}
	if r.ChallengeID != nil && r.PhoneVerifiedAt == nil {
		challenge, err := s.verification.FindTx(tx, *r.ChallengeID)
		if err != nil {
			return Registration{}, err
		}
		r.Challenge = &challenge
	}
	r.NextStep, err = s.nextStep(tx, r.Registration)
	return r, err
}

func (s *Service) nextStep(tx *postgres.Tx, r models.Registration) (Step, error) {
	switch {
	case r.AccountID != nil:
		return LogIn, nil
	case r.ProfileSubmittedAt == nil:
		return SubmitProfile, nil
	case r.PhoneVerifiedAt == nil:
		return VerifyPhone, nil
	}
	taken, err := phoneIsTaken(tx, s.phoneMAC(r.Phone))
	if taken {
		return LogIn, err
	}
	return Complete, err
}

func (s *Service) registrationMAC(token string) []byte {
	return s.box.MAC(secret.Tokens, "registration", token)
}
