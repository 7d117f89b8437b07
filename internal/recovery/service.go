// Package recovery lets people back in who lost their password or their phone. Each way takes two things at least: a code to the phone,
// or a letter to a confirmed address and time to object, and beside it the answer to the security question and a
// factor (authenticator app, passkey or backup code) of an account that has one. Nobody is signed in by it. It does not know wallets or money.
//
// Whoever asks for a recovery learns nothing: an unknown login gets the same answer after the same work, and a code that never comes.
package recovery

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/accounts"
	"purser/internal/delivery"
	"purser/internal/events"
	"purser/internal/factors"
	"purser/internal/fault"
	"purser/internal/journal"
	"purser/internal/locale"
	"purser/internal/passkeys"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/secret"
	"purser/internal/sessions"
	"purser/internal/verification"
	"purser/models"
)

const (
	// Answers is how many wrong answers end a recovery.
	Answers = 5
	// answersPerDay bounds answers to one account's question over all its recoveries.
	answersPerDay = 10

	startsPerLogin   = 5 // from one address, in startWindow
	startsPerAddress = 100
	startWindow      = time.Hour

	// completeWithin is how long a recovery of a lost phone can be completed after it has become ready.
	completeWithin = 7 * 24 * time.Hour
)

// Reasons of refusals.
const (
	wrongAnswer = "answer"
	notReadyYet = "recovery_wait"
	codeFirst   = "recovery_code"
	answerFirst = "recovery_answer"
	answered    = "recovery_answered"
)

// Config sets the times, and the address that links lead to.
type Config struct {
	TTL       time.Duration // of a recovery by phone
	LinkTTL   time.Duration // of the link in the letter about a lost phone
	Hold      time.Duration // how long transfers that need a code wait afterwards
	Delay     time.Duration // how long a person has to object to a new phone
	PublicURL string
}

// Service is the room.
type Service struct {
	db           *postgres.DB
	box          *secret.Box
	accounts     *accounts.Service
	factors      *factors.Service
	sessions     *sessions.Service
	verification *verification.Service
	delivery     *delivery.Service
	hub          *events.Hub
	config       Config
}

// Rooms are those that the service works with.
type Rooms struct {
	Accounts     *accounts.Service
	Factors      *factors.Service
	Sessions     *sessions.Service
	Verification *verification.Service
	Delivery     *delivery.Service
	Hub          *events.Hub
}

// New makes the room.
func New(db *postgres.DB, box *secret.Box, r Rooms, c Config) *Service {
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return &Service{
		db: db, box: box, accounts: r.Accounts, factors: r.Factors, sessions: r.Sessions, verification: r.Verification,
		delivery: r.Delivery, hub: r.Hub, config: c,
	}
}

// known finds the account of a login; nil when there is none that can be recovered. How often is bounded per login and address.
// Faults: RateLimited.
func (s *Service) known(ctx context.Context, login string) (*models.Account, error) {
	info := request.Of(ctx)
	for _, limit := range []verification.Limit{
		{Name: "recovery", Subject: accounts.LoginSubject(login, info.Locale) + " " + info.IP, Most: startsPerLogin, Window: startWindow},
		{Name: "recovery from", Subject: info.IP, Most: startsPerAddress, Window: startWindow},
	} {
		if err := s.verification.Spend(ctx, limit); err != nil {
			return nil, err
		}
	}
	account, err := s.accounts.FindByLogin(ctx, login, info.Locale)
	switch {
	case errors.Is(err, accounts.ErrUnknown):
		return nil, nil //nolint:nilnil // nobody is an answer
	case err != nil:
		return nil, err
	case account.Status == models.AccountClosed || account.Phone == nil:
		return nil, nil //nolint:nilnil // nobody is an answer
	}
	return &account, nil
}

// found is a recovery with its account, both locked.
type found struct {
	models.Recovery
	account models.Account // empty when the recovery is nobody's
}

// find reads a live recovery of a kind by its token. It locks the account, then the recovery: what ends all of an account's recoveries
// does so, too. Faults: CodeExpired at token.
func (s *Service) find(tx *postgres.Tx, kind, token string) (found, error) {
	f, err := s.lock(tx, "token_mac = ?", s.mac(token))
	if err == nil && (f.Kind != kind || f.EndedAt != nil || !tx.Now.Before(f.ExpiresAt)) {
		err = fault.New(fault.CodeExpired, "token")
	}
	return f, err
}

func (s *Service) lock(tx *postgres.Tx, condition string, mac []byte) (f found, err error) {
	if f.Recovery, err = readRecovery(tx, condition, mac); err != nil {
		return f, err
	}
	owner := uuid.Nil
	if f.AccountID != nil {
		owner = *f.AccountID
	}
	account, err := s.accounts.Lock(tx, owner) // nobody's is looked for all the same: it takes as long
	if f.AccountID != nil {
		if f.account = account; err != nil {
			return f, err
		}
	}
	f.Recovery, err = lockRecovery(tx, f.ID)
	return f, err
}

// Proof is what is asked for beside the phone or the letter: the answer to the security question and, of an account that has an app or
// passkeys, a code of the app, a backup code, or what a passkey has signed in a ceremony of StartAssertion.
type Proof struct {
	Answer string
	factors.Proof
}

// fields is where a factor's refusals stand in the inputs.
var fields = map[string]string{"code": "totpCode", "assertion": "assertion", "ceremonyId": "assertion"}

// spendAnswer takes one of a recovery's answers before it is compared, so that many at once gain nothing.
// Faults: InvalidInput for a factor that is missing, CodeExpired, RateLimited.
func (s *Service) spendAnswer(tx *postgres.Tx, f *found, p Proof) error {
	held, err := s.factors.Held(tx, f.account.ID)
	if err != nil {
		return err
	}
	if held.Any() {
		if refusal := p.Check("totpCode", "assertion"); refusal != nil {
			return refusal
		}
	}
	if f.AnswersLeft == 0 {
		return fault.New(fault.CodeExpired, "token")
	}
	limit := verification.Limit{Name: "security answers", Subject: f.account.ID.String(), Most: answersPerDay, Window: 24 * time.Hour}
	if err := s.verification.Take(tx, limit); err != nil {
		return err
	}
	f.AnswersLeft--
	return saveRecovery(tx, f.Recovery)
}

// checkAnswer compares an answer that was spent. Faults: CodeRejected at securityAnswer, Overloaded.
func checkAnswer(ctx context.Context, f found, answer string) error {
	match, err := accounts.MatchesAnswer(ctx, f.account, answer)
	if err != nil || match {
		return err
	}
	left := f.AnswersLeft
	return fault.New(fault.CodeRejected, "securityAnswer").Because(wrongAnswer).With("Count", left).Knowing(fault.AttemptsFacts{Left: left})
}

// checkFactor uses up what proves a factor, if the account has one. A refusal is to be committed: it has spent a try.
func (s *Service) checkFactor(tx *postgres.Tx, f found, p Proof) (refusal *fault.Fault, err error) {
	held, err := s.factors.Held(tx, f.account.ID)
	if err != nil || !held.Any() {
		return nil, err
	}
	if refusal = p.Check("totpCode", "assertion"); refusal != nil { // it has got a factor meanwhile
		return refusal, nil
	}
	refusal, err = s.factors.Prove(tx, f.account.ID, p.Proof, subjectOf(f))
	if refusal != nil && len(refusal.Field) > 0 {
		refusal.Field = []string{fields[refusal.Field[0]]}
	}
	return refusal, err
}

// subjectOf is what a passkey signs for in a recovery: this one.
func subjectOf(f found) string { return "recovery " + f.ID.String() }

// StartAssertion asks one of the account's passkeys to sign for a recovery whose code was right, or whose letter has arrived.
// Faults: CodeExpired at token, RateLimited, StepOutOfOrder before the code was right, and for an account without passkeys.
func (s *Service) StartAssertion(ctx context.Context, token string) (passkeys.Ceremony, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (passkeys.Ceremony, error) {
		f, err := s.findVerified(tx, token)
		if fault.Is(err, fault.CodeExpired) {
			f, err = s.find(tx, models.RecoveryLostPhone, token)
		}
		if err != nil {
			return passkeys.Ceremony{}, err
		}
		return s.factors.StartAssertionTx(tx, f.account.ID, subjectOf(f))
	})
}

// regain sets what a recovery leads to and ends all else: sessions, trust, other recoveries. The caller has locked the account.
func (s *Service) regain(tx *postgres.Tx, account models.Account, passwordHash, phone string) error {
	before := account
	account, err := s.accounts.Regain(tx, account, accounts.Regained{
		PasswordHash: passwordHash, Phone: phone, HeldUntil: tx.Now.Add(s.config.Hold),
	})
	if err != nil {
		return err
	}
	ended, err := s.sessions.EndOthers(tx, account.ID, uuid.Nil)
	if err != nil {
		return err
	}
	s.sessions.Ended(ended...) // should the commit fail, they are asked for once more
	if err := endRecoveries(tx, account.ID); err != nil {
		return err
	}
	kinds := []journal.Kind{journal.Recovered}
	if phone != "" {
		kinds = append(kinds, journal.PhoneChanged)
	}
	for _, kind := range kinds {
		if err := journal.Record(tx, journal.Entry{Account: account.ID, Kind: kind}); err != nil {
			return err
		}
	}
	if err := s.accounts.Alert(tx, before, "alert_recovered", "", nil); err != nil { // to the phone it had
		return err
	}
	return events.AppendTx(tx, events.Changed(account.ID))
}

// speak is the language for someone who may be nobody.
func speak(ctx context.Context, account *models.Account) locale.Locale {
	if account != nil {
		return accounts.Speak(ctx, *account)
	}
	return request.Of(ctx).Locale
}

func (s *Service) mac(token string) []byte { return s.box.MAC(secret.Tokens, "recovery", token) }

func (s *Service) cancelMAC(token string) []byte {
	return s.box.MAC(secret.Tokens, "recovery cancelled", token)
}
