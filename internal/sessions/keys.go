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
	reads singleflight.Group

	mu     sync.RWMutex
	readAt time.Time
	signer signer
	public map[string]ed25519.PublicKey
}

type signer struct {
	kid string
	key ed25519.PrivateKey
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
func openKeys(ctx context.Context, db *postgres.DB, box *secret.Box) (*keys, error) {
	k := &keys{db: db, box: box}
	if err := k.read(ctx); err != nil {
		return nil, err
	}
	if k.signer.key != nil {
		return k, nil
	}
	row, err := k.generate(db.Now())
	if err != nil {
		return nil, err
	}
	if err := insertSigningKey(ctx, db, row); err != nil {
		return nil, err
	}
	return k, k.read(ctx)
}

func (k *keys) generate(now time.Time) (models.SigningKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return models.SigningKey{}, fmt.Errorf("sessions: key: %w", err)
	}
	kid := base64.RawURLEncoding.EncodeToString(public[:12])
	return models.SigningKey{
		KID: kid, PublicKey: public, SealedSeed: k.box.Seal(secret.SigningKeys, private.Seed(), kid), CreatedAt: now,
	}, nil
}

func (k *keys) read(ctx context.Context) error {
	rows, err := signingKeys(ctx, k.db)
	if err != nil {
		return err
	}
	public := make(map[string]ed25519.PublicKey, len(rows))
	var active signer
	for _, row := range rows {
		public[row.KID] = row.PublicKey
		if row.RetiredAt != nil {
			continue
		}
		seed, err := k.box.Open(secret.SigningKeys, row.SealedSeed, row.KID)
		if err != nil {
			return errors.New("sessions: the signing key was sealed under another SECRET_KEY")
		}
		active = signer{kid: row.KID, key: ed25519.NewKeyFromSeed(seed)}
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	k.public, k.signer, k.readAt = public, active, time.Now() //nolint:forbidigo // paces reads; no rule depends on it
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
	return k.public[kid], time.Since(k.readAt)
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

func (k *keys) active() signer {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.signer
}

// JWKS are the public keys, for anyone who wants to verify our tokens (RFC 7517).
func (s *Service) JWKS() []JWK {
	s.keys.mu.RLock()
	defer s.keys.mu.RUnlock()
	set := make([]JWK, 0, len(s.keys.public))
	for kid, key := range s.keys.public {
		set = append(set, JWK{KTY: "OKP", CRV: "Ed25519", Alg: "EdDSA", Use: "sig", KID: kid, X: base64.RawURLEncoding.EncodeToString(key)})
	}
	return set
}
