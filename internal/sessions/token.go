package sessions

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"purser/internal/fault"
	"purser/models"
)

const (
	issuer   = "purser"
	audience = "purser-api"
	// skew is how far the clock of another server may be ahead: a token that it has just made is not refused here as not begun.
	skew      = 5 * time.Second
	tokenType = "at+jwt" // RFC 9068: no other token of ours can be taken for an access token
)

type claims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
}

// sign makes an access token (RFC 9068) for a session.
func (s *Service) sign(session models.Session, now time.Time) (token string, expiresAt time.Time, err error) {
	expiresAt = now.Add(s.config.AccessTTL)
	unsigned := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: session.AccountID.String(), ID: uuid.NewString(),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expiresAt),
		},
		SessionID: session.ID.String(),
	})
	active := s.keys.active()
	unsigned.Header["typ"], unsigned.Header["kid"] = tokenType, active.kid
	token, err = unsigned.SignedString(active.key)
	return token, expiresAt, err
}

// verified is what a genuine access token says.
type verified struct {
	kid                  string
	sessionID, accountID uuid.UUID
	expiresAt            time.Time
}

// verify is check, with the signature checked once per token. A token whose key is no longer known is checked anew.
func (s *Service) verify(ctx context.Context, token string) (verified, error) {
	hash := sha256.Sum256([]byte(token))
	if v, ok := s.cache.tokens.Get(hash); ok {
		if key, _ := s.keys.known(v.kid); key != nil && s.db.Now().Before(v.expiresAt) {
			return v, nil
		}
		s.cache.tokens.Remove(hash)
	}
	v, err := s.check(ctx, token)
	if err == nil {
		s.cache.tokens.Add(hash, v)
	}
	return v, err
}

// check judges an access token: one algorithm, our own keys by kid, type, issuer, audience and times. Every way of being
// wrong gets one answer.
func (s *Service) check(ctx context.Context, token string) (verified, error) {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(issuer),
		jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.db.Now), jwt.WithLeeway(skew))
	var c claims
	parsed, err := parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		for _, header := range []string{"jwk", "jku", "x5u", "x5c", "crit"} {
			if _, present := t.Header[header]; present {
				return nil, jwt.ErrTokenUnverifiable // we never write them: nobody else's key is ever used
			}
		}
		kid, _ := t.Header["kid"].(string)
		return s.keys.verifier(ctx, kid)
	})
	if err != nil || parsed.Header["typ"] != tokenType || !s.db.Now().Before(c.ExpiresAt.Time) { // no token lives longer than it says
		return verified{}, fault.New(fault.Unauthenticated)
	}
	sessionID, err1 := uuid.Parse(c.SessionID)
	accountID, err2 := uuid.Parse(c.Subject)
	if err1 != nil || err2 != nil {
		return verified{}, fault.New(fault.Unauthenticated)
	}
	kid, _ := parsed.Header["kid"].(string)
	return verified{kid: kid, sessionID: sessionID, accountID: accountID, expiresAt: c.ExpiresAt.Time}, nil
}
