// Package verification proves that a person holds a phone: it sends a code, and checks the code that comes back. It does
// not know what is confirmed; a room keeps the id of its challenge and names its purpose, and a code for one purpose
// is nothing for another. It also counts attempts at anything, in fixed windows that all servers share.
package verification

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"purser/internal/delivery"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

// Purpose is what a code is for.
type Purpose string

// The purposes there are.
const (
	Registration  Purpose = "REGISTRATION"
	LogIn         Purpose = "LOG_IN"
	Transfer      Purpose = "TRANSFER"
	Policy        Purpose = "POLICY"
	Recovery      Purpose = "RECOVERY"       // of access, with the account's phone
	ReplacedPhone Purpose = "REPLACED_PHONE" // of an account whose phone was lost
	OldPhone      Purpose = "OLD_PHONE"
	NewPhone      Purpose = "NEW_PHONE"
	Unfreeze      Purpose = "UNFREEZE"
	CloseAccount  Purpose = "CLOSE_ACCOUNT"
)

const (
	// CodeLength is how many digits a code has (OWASP ASVS 5.0, 6.5.3).
	CodeLength = 6
	// CodeLongest bounds what is read as a code at all, in bytes.
	CodeLongest = 40
	// Attempts is how many wrong codes kill a challenge (ASVS 6.6.3).
	Attempts = 5
	// maxSends is how often one challenge sends a code: each resend allows new attempts, so resends are bounded too.
	maxSends = 5
	// burst is how many codes for registration a phone gets in burstWindow, whoever asks: nobody's phone is flooded.
	burst       = 3
	burstWindow = 5 * time.Minute
	// wrongInARow is how many wrong codes of one purpose a phone can have in a day without a right one (NIST SP 800-63B, 5.2.2).
	wrongInARow = 100
	// What a refusal says besides: the code has died with this try, the last code has, no other is sent while it is good still, or none at all.
	lastTry     = "last_try"
	lastCode    = "last_code"
	noMoreSends = "no_more_sends"
	noMoreCodes = "no_more_codes"
	// transferCodesPerDay bounds codes to a person who is signed in and moves money.
	transferCodesPerDay = 1000

	day = 24 * time.Hour
)

// Config sets the times.
type Config struct {
	TTL         time.Duration // how long a code can be used
	ResendAfter time.Duration // how long one waits for another
	PerDay      int           // codes for registration and log-in that one phone gets in 24 hours
}

// Service sends and checks codes.
type Service struct {
	db       *postgres.DB
	box      *secret.Box
	delivery *delivery.Service
	config   Config
	factors  Factors
}

// New makes the service.
func New(db *postgres.DB, box *secret.Box, d *delivery.Service, c Config) *Service {
	return &Service{db: db, box: box, delivery: d, config: c}
}

// Request asks for a code. Template and Values say what the message tells besides the code.
type Request struct {
	Purpose  Purpose
	Account  uuid.UUID // whose app or passkeys, if there are any, answer; nobody's for a code that must reach the phone
	Phone    string    // E.164
	Locale   locale.Locale
	Template string
	Values   map[string]string
}

// letter is what a challenge keeps, in order to send its message again with another code.
type letter struct {
	Template string            `json:"template"`
	Values   map[string]string `json:"values"`
}

// Begin sends a new code in the caller's transaction and returns its challenge. For an account with an authenticator app or passkeys
// nothing is sent: they answer.
// Faults: RateLimited, when the phone has had its codes for the day.
func (s *Service) Begin(tx *postgres.Tx, r Request) (models.Challenge, error) {
	message, err := json.Marshal(letter{Template: r.Template, Values: r.Values})
	if err != nil {
		return models.Challenge{}, fmt.Errorf("verification: %w", err)
	}
	challenge := models.Challenge{
		ID: uuid.New(), Purpose: string(r.Purpose), Method: delivery.SMS, Target: r.Phone, Locale: string(r.Locale),
		Message: message, CreatedAt: tx.Now,
	}
	if s.factors != nil && r.Account != uuid.Nil {
		held, err := s.factors.Held(tx, r.Account)
		if err != nil {
			return models.Challenge{}, err
		}
		if method := held.method(); method != "" {
			challenge.Method, challenge.Target = method, r.Account.String()
		}
	}
	if err := s.send(tx, &challenge); err != nil {
		return models.Challenge{}, err
	}
	return challenge, insertChallenge(tx, challenge)
}

// Check is CheckProof for a code.
func (s *Service) Check(tx *postgres.Tx, id uuid.UUID, purpose Purpose, code string) (refusal *fault.Fault, err error) {
	return s.CheckProof(tx, id, purpose, Code(code))
}

// CheckProof tries what answers a challenge. What is right is used up by it: a challenge works once, also when two try it together, since
// its row is locked until the commit. A refusal is returned beside the error, because the attempt it spent must be committed:
// commit when err is nil, then answer with the refusal.
// Refusals: InvalidInput, CodeRejected with the attempts left, CodeExpired, RateLimited.
func (s *Service) CheckProof(tx *postgres.Tx, id uuid.UUID, purpose Purpose, p Proof) (refusal *fault.Fault, err error) {
	challenge, refusal, err := s.judge(tx, id, purpose, p)
	if err != nil || refusal != nil {
		return refusal, err
	}
	return nil, s.use(tx, challenge)
}

// CheckBoth tries two codes that count together: neither is used up unless both are right. which is the one that was refused, 0 or 1; all
// else is as Check has it. Codes of apps are used up as they are judged: it is for codes that were sent.
func (s *Service) CheckBoth(tx *postgres.Tx, ids [2]uuid.UUID, purposes [2]Purpose, codes [2]string) (which int, refusal *fault.Fault, err error) {
	var challenges [2]models.Challenge
	for i := range ids {
		challenges[i], refusal, err = s.judge(tx, ids[i], purposes[i], Code(codes[i]))
		if err != nil || refusal != nil {
			return i, refusal, err
		}
	}
	for _, challenge := range challenges {
		if err := s.use(tx, challenge); err != nil {
			return 0, nil, err
		}
	}
	return 0, nil, nil
}

// judge tries an answer and locks its challenge. A wrong one has spent an attempt; a right code that was sent is not used up yet.
func (s *Service) judge(tx *postgres.Tx, id uuid.UUID, purpose Purpose, p Proof) (challenge models.Challenge, refusal *fault.Fault, err error) {
	if refusal = p.check(); refusal != nil {
		return challenge, refusal, nil
	}
	challenge, err = lockChallenge(tx, id)
	if errors.Is(err, errNone) || (err == nil && challenge.Purpose != string(purpose)) {
		return challenge, fault.New(fault.CodeExpired, p.field()), nil
	}
	if err != nil {
		return challenge, nil, err
	}
	ended := challenge.UsedAt != nil || !tx.Now.Before(challenge.ExpiresAt) || challenge.AttemptsLeft == 0
	if !challenge.IsSent() {
		if ended {
			return challenge, fault.New(fault.CodeExpired, p.field()), nil
		}
		refusal, err = s.judgeWithFactor(tx, challenge, p)
		return challenge, refusal, err
	}
	if p.Assertion != nil { // nothing of the account's was asked to sign
		return challenge, fault.Invalid(fault.Malformed, "assertion"), nil
	}
	code := strings.ReplaceAll(*p.Code, " ", "")
	if len(code) != CodeLength || strings.Trim(code, "0123456789") != "" {
		return challenge, fault.Invalid(fault.Malformed, "code"), nil
	}
	if ended {
		return challenge, fault.New(fault.CodeExpired, "code"), nil
	}
	refusal, err = s.judgeSent(tx, challenge, code)
	return challenge, refusal, err
}

// judgeSent compares a code with the one that was sent.
func (s *Service) judgeSent(tx *postgres.Tx, challenge models.Challenge, code string) (refusal *fault.Fault, err error) {
	wrong := wrongCodes(challenge)
	if used, endsAt, err := lockedCounter(tx, s.counterKey(wrong)); err != nil || (used >= wrong.Most && tx.Now.Before(endsAt)) {
		return fault.Limited(endsAt.Sub(tx.Now)), err
	}
	if secret.Equal(challenge.CodeMAC, s.codeMAC(challenge.ID, code)) {
		return nil, nil
	}
	challenge.AttemptsLeft--
	if err := s.Take(tx, wrong); err != nil {
		return nil, err
	}
	refusal = fault.New(fault.CodeRejected, "code").With("Count", challenge.AttemptsLeft).Knowing(fault.AttemptsFacts{Left: challenge.AttemptsLeft})
	switch {
	case challenge.AttemptsLeft > 0:
	case challenge.Sends >= maxSends:
		refusal.Because(lastCode)
	default:
		refusal.Because(lastTry)
	}
	return refusal, saveChallenge(tx, challenge)
}

// use uses a challenge up; after a right code that was sent, wrong ones are counted anew.
func (s *Service) use(tx *postgres.Tx, challenge models.Challenge) error {
	challenge.UsedAt = &tx.Now
	if challenge.IsSent() {
		if err := dropCounter(tx, s.counterKey(wrongCodes(challenge))); err != nil {
			return err
		}
	}
	return saveChallenge(tx, challenge)
}

func wrongCodes(c models.Challenge) Limit {
	return Limit{Name: "wrong codes " + c.Purpose, Subject: c.Target, Most: wrongInARow, Window: day}
}

// Settle is the answer of a room whose transaction has checked a code: the result, or the refusal that was committed with it.
func Settle[T any](result T, refusal *fault.Fault, err error) (T, error) {
	if err == nil && refusal != nil {
		var none T
		return none, refusal
	}
	return result, err
}

// nowhere begins the targets that nobody has; a phone begins with a plus sign.
const nowhere = "nowhere:"

// Nowhere is a phone that nobody has, always the same for a subject. A challenge to it is like any other, with the same work, and its
// code reaches no one: who asks for it cannot tell.
func (s *Service) Nowhere(subject string) string {
	return nowhere + hex.EncodeToString(s.box.MAC(secret.Tokens, "nowhere", subject))
}

// Void ends challenges that nothing waits for any more: their codes do nothing, and none is sent again.
func (s *Service) Void(tx *postgres.Tx, ids ...uuid.UUID) error { return voidChallenges(tx, ids) }

// Resend sends a new code for a challenge and voids the old one. The attempts begin anew; how often that can happen is
// bounded per challenge and per phone.
// Faults: CodeExpired, RateLimited with the time to wait.
func (s *Service) Resend(ctx context.Context, id uuid.UUID) (models.Challenge, error) {
	return postgres.InTx(ctx, s.db, func(tx *postgres.Tx) (models.Challenge, error) {
		challenge, err := lockChallenge(tx, id)
		if errors.Is(err, errNone) {
			return models.Challenge{}, fault.New(fault.CodeExpired, "challengeId")
		}
		if err != nil {
			return models.Challenge{}, err
		}
		if challenge.UsedAt != nil || tx.Now.Sub(challenge.CreatedAt) > day {
			return models.Challenge{}, fault.New(fault.CodeExpired, "challengeId")
		}
		if challenge.Sends >= maxSends {
			refusal := fault.New(fault.CodeExpired, "challengeId").Because(noMoreCodes)
			if challenge.AttemptsLeft > 0 && tx.Now.Before(challenge.ExpiresAt) { // the last code is good still
				refusal.Because(noMoreSends)
			}
			return models.Challenge{}, refusal
		}
		if wait := challenge.ResendAt.Sub(tx.Now); wait > 0 {
			return models.Challenge{}, fault.Limited(wait)
		}
		if err := s.send(tx, &challenge); err != nil {
			return models.Challenge{}, err
		}
		return challenge, saveChallenge(tx, challenge)
	})
}

// Find reads a challenge, for the room that keeps its id.
func (s *Service) Find(ctx context.Context, id uuid.UUID) (models.Challenge, error) {
	return findChallenge(s.db.GORM(ctx), id)
}

// FindTx is Find inside a transaction.
func (s *Service) FindTx(tx *postgres.Tx, id uuid.UUID) (models.Challenge, error) {
	return findChallenge(tx.GORM(), id)
}

// send draws a code, puts it into the challenge and queues its message.
func (s *Service) send(tx *postgres.Tx, c *models.Challenge) error {
	limit := s.config.PerDay
	if purpose := Purpose(c.Purpose); purpose == Transfer || purpose == Policy {
		limit = transferCodesPerDay
	} else if purpose == Registration || purpose == Recovery {
		name := "burst of codes"
		if purpose == Recovery {
			name = "burst of recovery codes"
		}
		if err := s.Take(tx, Limit{Name: name, Subject: c.Target, Most: burst, Window: burstWindow}); err != nil {
			return err
		}
	}
	if err := s.Take(tx, Limit{Name: "codes " + c.Purpose, Subject: c.Target, Most: limit, Window: day}); err != nil {
		return err
	}

	code := newCode()
	c.CodeMAC = s.codeMAC(c.ID, code)
	c.AttemptsLeft = Attempts
	c.Sends++
	c.ExpiresAt = tx.Now.Add(s.config.TTL)
	c.ResendAt = tx.Now.Add(s.config.ResendAfter)
	if !c.IsSent() {
		return nil // the code just drawn is nobody's: the app has its own, and a passkey signs what depends on it
	}

	var l letter
	if err := json.Unmarshal(c.Message, &l); err != nil {
		return fmt.Errorf("verification: %w", err)
	}
	values := make(map[string]any, len(l.Values))
	for name, value := range l.Values {
		values[name] = value
	}
	if c.MessageID != nil { // its code has just been voided
		if err := s.delivery.Withdraw(tx, *c.MessageID); err != nil {
			return err
		}
	}
	id, err := s.delivery.Enqueue(tx, delivery.Letter{
		Channel: delivery.SMS, To: c.Target, Locale: locale.Locale(c.Locale), Template: l.Template, Values: values, Code: code,
		ExpiresAt: c.ExpiresAt, Nowhere: strings.HasPrefix(c.Target, nowhere),
	})
	c.MessageID = &id
	return err
}

func (s *Service) codeMAC(id uuid.UUID, code string) []byte {
	return s.box.MAC(secret.Codes, id.String(), code)
}

// newCode is six random digits; leading zeros count.
func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic("verification: the system has no randomness: " + err.Error())
	}
	return fmt.Sprintf("%0*d", CodeLength, n.Int64())
}
