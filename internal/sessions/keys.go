package sessions

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

const (
	keysReadEvery   = time.Second // unknown key ids make this server look into the database no more often
	keysReadTimeout = 5 * time.Second
)

// keys are the Ed25519 keys of access tokens, as the database has them: one that signs, and those whose tokens may still
// be about. All servers of one database share them.
type keys struct {
	db    *postgres.DB
	box   *secret.Box
	ttl   time.Duration // of a token
	reads singleflight.Group

	mu      sync.RWMutex
	readAt  time.Time
	signers []signer // the one that signs now, and the one that is to follow it
	public  map[string]verifier
}

type signer struct {
	kid  string
	key  ed25519.PrivateKey
	from *time.Time // none: from the beginning
}

// verifier is a public key, and when the last token that it can have signed has ended.
type verifier struct {
	key   ed25519.PublicKey
	until *time.Time
}

// JWK is a public key as RFC 8037 writes it.
type JWK struct {
	KTY string `json:"kty"`
	CRV string `json:"crv"`
	Alg string `json:"alg"`
	Use string `json:"use"`
	KID string `json:"kid"`
	X   string `json:"x"`
}

// openKeys reads the keys, and makes the first one in an empty database. Servers that start together agree on it.
func openKeys(ctx context.Context, db *postgres.DB, box *secret.Box, ttl time.Duration) (*keys, error) {
	k := &keys{db: db, box: box, ttl: ttl}
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	if k.active().key != nil {
		return k, nil
	}
	row, err := newSigningKey(box, db.Now())
	if err != nil {
		return nil, err
	}
	if err := insertSigningKey(ctx, db, row); err != nil {
		return nil, err
	}
	return k, k.read(ctx)
}

func newSigningKey(box *secret.Box, now time.Time) (models.SigningKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("sessions: key: %w", err)
	}
	kid := base64.RawURLEncoding.EncodeToString(public[:12])
	return models.SigningKey{
		KID: kid, PublicKey: public, SealedSeed: box.Seal(secret.SigningKeys, private.Seed(), kid), CreatedAt: now,
	}, nil
}

func (k *keys) read(ctx context.Context) error {
	rows, err := signingKeys(ctx, k.db)
	if err != nil {
		return err
	}
	now, public := k.db.Now(), make(map[string]verifier, len(rows))
	var signers []signer
	for _, row := range rows {
		if row.RetiredAt == nil {
			public[row.KID] = verifier{key: row.PublicKey}
		} else {
			until := row.RetiredAt.Add(k.ttl + skew)
			public[row.KID] = verifier{key: row.PublicKey, until: &until}
			if !now.Before(*row.RetiredAt) {
				continue
			}
		}
		seed, err := k.box.Open(secret.SigningKeys, row.SealedSeed, row.KID)
		if err != nil {
			return errors.New("sessions: the signing key was sealed under another SECRET_KEY")
		}
		signers = append(signers, signer{kid: row.KID, key: ed25519.NewKeyFromSeed(seed), from: row.SignsFrom})
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	k.public, k.signers, k.readAt = public, signers, time.Now() //nolint:forbidigo // paces reads; no rule depends on it
	return nil
}

// verifier finds a public key; one that is not known is looked for in the database, but not more than once a second, and
// once for all who ask together.
func (k *keys) verifier(ctx context.Context, kid string) (ed25519.PublicKey, error) {
	key, age := k.known(kid)
	if key == nil && age > keysReadEvery {
		if err := k.readAgain(ctx); err != nil {
			return nil, err
		}
		key, _ = k.known(kid)
	}
	if key == nil {
		return nil, errors.New("sessions: unknown key")
	}
	return key, nil
}

func (k *keys) known(kid string) (key ed25519.PublicKey, age time.Duration) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	v := k.public[kid]
	if v.until != nil && !k.db.Now().Before(*v.until) {
		v.key = nil
	}
	return v.key, time.Since(k.readAt)
}

// readAgain outlives the request that caused it, because others wait for it too.
func (k *keys) readAgain(ctx context.Context) error {
	read := k.reads.DoChan("", func() (any, error) {
		if _, age := k.known(""); age <= keysReadEvery {
			return nil, nil // somebody has just read them
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysReadTimeout)
		defer cancel()
		return nil, k.read(ctx)
	})
	select {
	case result := <-read:
		return result.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// active is the key that signs now: the one that began last. All servers have known it for seconds.
func (k *keys) active() (active signer) {
	now := k.db.Now()
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, s := range k.signers {
		begun := s.from == nil || !now.Before(*s.from)
		if begun && (active.key == nil || active.from == nil || (s.from != nil && s.from.After(*active.from))) {
			active = s
		}
	}
	return active
}

// JWKS are the public keys, for anyone who wants to verify our tokens (RFC 7517).
func (s *Service) JWKS() []JWK {
	now := s.db.Now()
	s.keys.mu.RLock()
	defer s.keys.mu.RUnlock()
	set := make([]JWK, 0, len(s.keys.public))
	for kid, v := range s.keys.public {
		if v.until != nil && !now.Before(*v.until) {
			continue
		}
		key := v.key
		set = append(set, JWK{KTY: "OKP", CRV: "Ed25519", Alg: "EdDSA", Use: "sig", KID: kid, X: base64.RawURLEncoding.EncodeToString(key)})
	}
	return set
}
