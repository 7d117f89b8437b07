// Package verification proves that a person holds a phone: it sends a code, and checks the code that comes back. It does
// not know what is confirmed; a room keeps the id of its challenge and names its purpose, and a code for one purpose
// is nothing for another. It also counts attempts at anything, in fixed windows that all servers share.
package verification

import (
	"context"
	"crypto/rand"
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
	Registration Purpose = "REGISTRATION"
	LogIn        Purpose = "LOG_IN"
	Transfer     Purpose = "TRANSFER"
	Policy       Purpose = "POLICY"
	OldPhone     Purpose = "OLD_PHONE"
	NewPhone     Purpose = "NEW_PHONE"
	Unfreeze     Purpose = "UNFREEZE"
)

const (
	// CodeLength is how many digits a code has (OWASP ASVS 5.0, 6.5.3).
	CodeLength = 6
	// Attempts is how many wrong codes kill a challenge (ASVS 6.6.3).
	Attempts = 5
	// maxSends is how often one challenge sends a code: each resend allows new attempts, so resends are bounded too.
	maxSends = 5
	// burst is how many codes for registration a phone gets in burstWindow, whoever asks: nobody's phone is flooded.
	burst       = 3
	burstWindow = 5 * time.Minute
	// wrongInARow is how many wrong codes of one purpose a phone can have in a day without a right one (NIST SP 800-63B, 5.2.2).
	wrongInARow = 100
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
}

// New makes the service.
func New(db *postgres.DB, box *secret.Box, d *delivery.Service, c Config) *Service {
	return &Service{db: db, box: box, delivery: d, config: c}
}

// Request asks for a code. Template and Values say what the message tells besides the code.
type Request struct {
	Purpose  Purpose
	Phone    string // E.164
	Locale   locale.Locale
	Template string
	Values   map[string]string
}

// letter is what a challenge keeps, in order to send its message again with another code.
type letter struct {
	Template string            `json:"template"`
	Values   map[string]string `json:"values"`
}

// Begin sends a new code in the caller's transaction and returns its challenge.
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
	if err := s.send(tx, &challenge); err != nil {
		return models.Challenge{}, err
	}
	return challenge, insertChallenge(tx, challenge)
}

// Check tries a code. A right one is used up by it: a challenge works once, also when two try it together, since its row
// is locked until the commit. A refusal is returned beside the error, because the attempt it spent must be committed:
// commit when err is nil, then answer with the refusal.
// Refusals: InvalidInput, CodeRejected with the attempts left, CodeExpired.
func (s *Service) Check(tx *postgres.Tx, id uuid.UUID, purpose Purpose, code string) (refusal *fault.Fault, err error) {
	challenge, refusal, err := s.judge(tx, id, purpose, code)
	if err != nil || refusal != nil {
		return refusal, err
	}
	return nil, s.use(tx, challenge)
}

// CheckBoth tries two codes that count together: neither is used up unless both are right. which is the one that was refused, 0 or 1; all
// else is as Check has it.
func (s *Service) CheckBoth(tx *postgres.Tx, ids [2]uuid.UUID, purposes [2]Purpose, codes [2]string) (which int, refusal *fault.Fault, err error) {
	var challenges [2]models.Challenge
	for i := range ids {
		challenges[i], refusal, err = s.judge(tx, ids[i], purposes[i], codes[i])
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

// judge tries a code and locks its challenge. A wrong one has spent an attempt; a right one is not used up yet.
func (s *Service) judge(tx *postgres.Tx, id uuid.UUID, purpose Purpose, code string) (challenge models.Challenge, refusal *fault.Fault, err error) {
	code = strings.ReplaceAll(code, " ", "")
	if len(code) != CodeLength || strings.Trim(code, "0123456789") != "" {
		return challenge, fault.Invalid(fault.Malformed, "code"), nil
	}
	challenge, err = lockChallenge(tx, id)
	if errors.Is(err, errNone) || (err == nil && challenge.Purpose != string(purpose)) {
		return challenge, fault.New(fault.CodeExpired, "code"), nil
	}
	if err != nil {
		return challenge, nil, err
	}
	if challenge.UsedAt != nil || !tx.Now.Before(challenge.ExpiresAt) || challenge.AttemptsLeft == 0 {
		return challenge, fault.New(fault.CodeExpired, "code"), nil
	}

	wrong := wrongCodes(challenge)
	if used, endsAt, err := lockedCounter(tx, s.counterKey(wrong)); err != nil || (used >= wrong.Most && tx.Now.Before(endsAt)) {
		return challenge, fault.Limited(endsAt.Sub(tx.Now)), err
	}
	if !secret.Equal(challenge.CodeMAC, s.codeMAC(challenge.ID, code)) {
		challenge.AttemptsLeft--
		if err := s.Take(tx, wrong); err != nil {
			return challenge, nil, err
		}
		return challenge, fault.New(fault.CodeRejected, "code").With("Count", challenge.AttemptsLeft).
			Knowing(fault.AttemptsFacts{Left: challenge.AttemptsLeft}), saveChallenge(tx, challenge)
	}
	return challenge, nil, nil
}

// use uses a code up that was right, and forgets the wrong ones before it.
func (s *Service) use(tx *postgres.Tx, challenge models.Challenge) error {
	challenge.UsedAt = &tx.Now
	if err := dropCounter(tx, s.counterKey(wrongCodes(challenge))); err != nil {
		return err
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
		if challenge.UsedAt != nil || challenge.Sends >= maxSends || tx.Now.Sub(challenge.CreatedAt) > day {
			return models.Challenge{}, fault.New(fault.CodeExpired, "challengeId")
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
	} else if purpose == Registration {
		if err := s.Take(tx, Limit{Name: "burst of codes", Subject: c.Target, Most: burst, Window: burstWindow}); err != nil {
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
		ExpiresAt: c.ExpiresAt,
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
