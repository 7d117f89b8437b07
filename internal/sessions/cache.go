package sessions

import (
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"purser/models"
)

const (
	cached = 10_000 // tokens and sessions that are kept in memory

	// sessionTrusted is how long a session that was found live is taken for live. It bounds how late this server learns that
	// another one has ended it; one that this server ends is dead at once.
	sessionTrusted = time.Second
)

// cache spares busy apps the work that is the same for each of their requests: the signature of a token, which costs more
// than all else about it, and the query for its session.
type cache struct {
	tokens   *lru.Cache[[sha256.Size]byte, verified] // by hash: the cache holds no token
	sessions *lru.Cache[uuid.UUID, seen]
}

// seen is the account of a session as it was read, and when.
type seen struct {
	account models.Account
	at      time.Time
}

func newCache() (*cache, error) {
	tokens, err := lru.New[[sha256.Size]byte, verified](cached)
	if err != nil {
		return nil, err
	}
	sessions, err := lru.New[uuid.UUID, seen](cached)
	return &cache{tokens: tokens, sessions: sessions}, err
}

// account is the account of a session that was found live a moment ago.
func (c *cache) account(session uuid.UUID) (models.Account, bool) {
	s, ok := c.sessions.Get(session)
	if !ok || time.Since(s.at) >= sessionTrusted {
		return models.Account{}, false
	}
	return s.account, true
}

func (c *cache) keep(session uuid.UUID, account models.Account, at time.Time) {
	c.sessions.Add(session, seen{account: account, at: at})
}

func (c *cache) forget(session uuid.UUID) { c.sessions.Remove(session) }
