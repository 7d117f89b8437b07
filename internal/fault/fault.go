// Package fault is the one error type of the house. A room refuses a request by returning a Fault; its code is a code
// of the API, its reason picks the sentence a person reads, its facts are the numbers an app can act on. Any other
// error is a fault of ours: it is logged with a reference and the client learns nothing but the reference.
package fault

import (
	"errors"
	"fmt"
	"time"

	"purser/internal/money"
)

// Code is a code of the API: ErrorCode of the schema, or a top-level code of extensions.code. Never renamed or reused.
type Code string

// Codes of outcomes a person can act on; they reach the client in userErrors.
const (
	InvalidInput          Code = "INVALID_INPUT"
	InvalidPhone          Code = "INVALID_PHONE"
	InvalidAmount         Code = "INVALID_AMOUNT"
	InvalidWalletNumber   Code = "INVALID_WALLET_NUMBER"
	InvalidWMID           Code = "INVALID_WMID"
	CodeRejected          Code = "CODE_REJECTED"
	CodeExpired           Code = "CODE_EXPIRED"
	RateLimited           Code = "RATE_LIMITED"
	StepOutOfOrder        Code = "STEP_OUT_OF_ORDER"
	RegistrationExpired   Code = "REGISTRATION_EXPIRED"
	PhoneTaken            Code = "PHONE_TAKEN"
	EmailTaken            Code = "EMAIL_TAKEN"
	PasswordMismatch      Code = "PASSWORD_MISMATCH"
	PasswordTooWeak       Code = "PASSWORD_TOO_WEAK"
	AgreementsNotAccepted Code = "AGREEMENTS_NOT_ACCEPTED"
	CredentialsRejected   Code = "CREDENTIALS_REJECTED"
	SessionExpired        Code = "SESSION_EXPIRED"
	SessionNotFound       Code = "SESSION_NOT_FOUND"
	AccountFrozen         Code = "ACCOUNT_FROZEN"
	WalletNotFound        Code = "WALLET_NOT_FOUND"
	WalletClosed          Code = "WALLET_CLOSED"
	WalletNotEmpty        Code = "WALLET_NOT_EMPTY"
	TooManyWallets        Code = "TOO_MANY_WALLETS"
	RecipientNotFound     Code = "RECIPIENT_NOT_FOUND"
	RecipientHasNoWallet  Code = "RECIPIENT_HAS_NO_WALLET"
	RecipientRefuses      Code = "RECIPIENT_REFUSES"
	SameWallet            Code = "SAME_WALLET"
	CurrencyMismatch      Code = "CURRENCY_MISMATCH"
	InsufficientFunds     Code = "INSUFFICIENT_FUNDS"
	LimitExceeded         Code = "LIMIT_EXCEEDED"
	IdempotencyKeyReused  Code = "IDEMPOTENCY_KEY_REUSED"
	TransferNotFound      Code = "TRANSFER_NOT_FOUND"
	TransferState         Code = "TRANSFER_STATE"
	CertificateRequired   Code = "CERTIFICATE_REQUIRED"
	ProfileCertified      Code = "PROFILE_CERTIFIED"
	Forbidden             Code = "FORBIDDEN"
	TransfersHeld         Code = "TRANSFERS_HELD"
	PasskeyNotFound       Code = "PASSKEY_NOT_FOUND"
	TooManyPasskeys       Code = "TOO_MANY_PASSKEYS"
	SecondFactorRequired  Code = "SECOND_FACTOR_REQUIRED"
	AccountNotFound       Code = "ACCOUNT_NOT_FOUND"
	ContactNotFound       Code = "CONTACT_NOT_FOUND"
)

// Codes of the system; they reach the client as top-level errors. Forbidden and RateLimited can be both.
const (
	Unauthenticated Code = "UNAUTHENTICATED"
	BadUserInput    Code = "BAD_USER_INPUT"
	Overloaded      Code = "OVERLOADED"
	Internal        Code = "INTERNAL"
)

// UserCodes are all codes of the schema's ErrorCode, in its order.
var UserCodes = []Code{
	InvalidInput, InvalidPhone, InvalidAmount, InvalidWalletNumber, InvalidWMID, CodeRejected, CodeExpired, RateLimited,
	StepOutOfOrder, RegistrationExpired, PhoneTaken, EmailTaken, PasswordMismatch, PasswordTooWeak,
	AgreementsNotAccepted, CredentialsRejected, SessionExpired, SessionNotFound, AccountFrozen, WalletNotFound, WalletClosed,
	WalletNotEmpty, TooManyWallets, RecipientNotFound, RecipientHasNoWallet, RecipientRefuses, SameWallet,
	CurrencyMismatch, InsufficientFunds, LimitExceeded, IdempotencyKeyReused, TransferNotFound, TransferState,
	CertificateRequired, ProfileCertified, Forbidden, TransfersHeld,
	PasskeyNotFound, TooManyPasskeys, SecondFactorRequired, AccountNotFound, ContactNotFound,
}

// Reasons refine a code where one sentence would not do. A reason names the message, not another code.
const (
	Required   = "required"
	TooLong    = "too_long"
	TooShort   = "too_short"
	Malformed  = "malformed"
	OutOfRange = "out_of_range"
	TooYoung   = "too_young"
	TooFine    = "too_fine"
	TooLarge   = "too_large"
	NotZero    = "not_zero"
	OneOf      = "one_of"
	Guessable  = "guessable"
	NoFunds    = "no_funds"
	Current    = "current"
	OwnWallets = "own_wallets"
	Rest       = "rest"
	TooLate    = "too_late"
	AllBack    = "nothing_left"
	OverCap    = "over_cap"
	Protected  = "protected"
	Closing    = "closing"
	ByOperator = "by_operator"
)

// Fault is a refusal: what is wrong, where, and what an app needs in order to go on.
type Fault struct {
	Code   Code
	Reason string         // picks the message beside the code; empty means the code's own message
	Field  []string       // path into the mutation's input, outermost first
	Values map[string]any // values that the message quotes
	Facts  any            // one of the *Facts types, or nil
}

// FundsFacts go with InsufficientFunds.
type FundsFacts struct{ Available, Required money.Amount }

// MismatchFacts go with CurrencyMismatch.
type MismatchFacts struct{ From, To money.Letter }

// LimitFacts go with LimitExceeded.
type LimitFacts struct {
	Limit, Remaining money.Amount
	ResetsAt         time.Time
}

// AttemptsFacts go with CodeRejected.
type AttemptsFacts struct{ Left int }

// HoldFacts go with TransfersHeld.
type HoldFacts struct {
	Until time.Time
	RetryFacts
}

// RetryFacts go with RateLimited and Overloaded.
type RetryFacts struct{ After time.Duration }

// Seconds is the wait in whole seconds, rounded up.
func (f RetryFacts) Seconds() int { return int((f.After + time.Second - 1) / time.Second) }

// Sentence is what a person reads of a refusal: the id of the text in each language, and the values in it. A wait is told in seconds, or in minutes or hours
// where those are two or more; it is never told too short.
func (f *Fault) Sentence() (id string, values map[string]any) {
	id, values = string(f.Code), f.Values
	if f.Reason != "" {
		id += "." + f.Reason
	}
	wait, waits := f.Facts.(RetryFacts)
	if !waits || f.Code != RateLimited || f.Reason != "" {
		return id, values
	}
	switch count := wait.Seconds(); {
	case count < 2*60:
		return id, map[string]any{"Count": count}
	case count < 2*60*60:
		return id + ".minutes", map[string]any{"Count": (count + 59) / 60}
	default:
		return id + ".hours", map[string]any{"Count": (count + 3599) / 3600}
	}
}

// New is a refusal with a code alone. field is the path of the input that caused it, if one did.
func New(code Code, field ...string) *Fault { return &Fault{Code: code, Field: field} }

// Because sets the reason, which picks the message.
func (f *Fault) Because(reason string) *Fault { f.Reason = reason; return f }

// With adds a value that the message quotes.
func (f *Fault) With(name string, value any) *Fault {
	if f.Values == nil {
		f.Values = map[string]any{}
	}
	f.Values[name] = value
	return f
}

// Knowing sets the facts.
func (f *Fault) Knowing(facts any) *Fault { f.Facts = facts; return f }

// Error is for logs and tests; clients get the localised message.
func (f *Fault) Error() string {
	if f.Reason == "" {
		return fmt.Sprintf("%s %v", f.Code, f.Field)
	}
	return fmt.Sprintf("%s (%s) %v", f.Code, f.Reason, f.Field)
}

// Invalid is InvalidInput at a field, for a reason.
func Invalid(reason string, field ...string) *Fault {
	return New(InvalidInput, field...).Because(reason)
}

// Limited is RateLimited with the time to wait, at least a second.
func Limited(after time.Duration) *Fault {
	return New(RateLimited).Knowing(RetryFacts{After: max(after, time.Second)})
}

// Held is TransfersHeld with the time it ends.
func Held(until, now time.Time) *Fault {
	left := max(until.Sub(now), time.Second)
	return New(TransfersHeld).With("Count", int((left+time.Hour-1)/time.Hour)).
		Knowing(HoldFacts{Until: until, RetryFacts: RetryFacts{After: left}})
}

// All collects the faults in err, also from a joined error. ok is false when anything else is in it, so that a fault
// of ours is never mistaken for a refusal.
func All(err error) (faults []*Fault, ok bool) {
	if joined, isJoined := err.(interface{ Unwrap() []error }); isJoined { //nolint:errorlint // a walk, not a match
		for _, part := range joined.Unwrap() {
			more, ok := All(part)
			if !ok {
				return nil, false
			}
			faults = append(faults, more...)
		}
		return faults, len(faults) > 0
	}
	var one *Fault
	if errors.As(err, &one) {
		return []*Fault{one}, true
	}
	return nil, false
}

// Elsewhere moves the refusals in err to other fields: a deeper room names its own, and the caller knows where they stand in its
// input. A field that is not in the map was none of the caller's, and is dropped.
func Elsewhere(err error, fields map[string]string) error {
	faults, ok := All(err)
	if !ok {
		return err
	}
	moved := make([]error, len(faults))
	for i, f := range faults {
		at := *f
		at.Field = nil
		if len(f.Field) > 0 {
			if to, known := fields[f.Field[0]]; known {
				at.Field = []string{to}
			}
		}
		moved[i] = &at
	}
	return errors.Join(moved...)
}

// Is tells whether err is, or contains, a refusal with the code.
func Is(err error, code Code) bool {
	faults, _ := All(err)
	for _, f := range faults {
		if f.Code == code {
			return true
		}
	}
	return false
}
