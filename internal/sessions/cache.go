package sessions

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	cached = 10_000 // tokens and sessions that are kept in memory

	// sessionTrusted is how long a session that was found live is taken for live. It bounds how late this server learns that
	// another one has ended it; one that this server ends is dead at once.
	sessionTrusted = time.Second

	// accountKnown is how long an account need not be read again whose row's version is the same. Where the database is replaced by an older
	// state of itself, a version may come twice.
	accountKnown = time.Minute
)

// cache spares busy apps the work that is the same for each of their requests: the signature of a token, which costs more
// than all else about it, and the query for its session.
type cache struct {
	tokens   *lru.Cache[[sha256.Size]byte, verified] // by hash: the cache holds no token
	sessions *lru.Cache[uuid.UUID, seen]
	mu       sync.Mutex // of changes to sessions
}

// seen is the account of a session as it was read, and when the session was last found live; or that it was ended here, and when.
type seen struct {
	known knownAccount
	at    time.Time
	ended bool
}

func newCache() (*cache, error) {
	tokens, err := lru.New[[sha256.Size]byte, verified](cached)
	if err != nil {
		return nil, err
	}
	sessions, err := lru.New[uuid.UUID, seen](cached)
	return &cache{tokens: tokens, sessions: sessions}, err
}

// find is the account of a session as far as it is known, and whether the session was found live a moment ago.
func (c *cache) find(session uuid.UUID) (known knownAccount, isFresh bool) {
	s, ok := c.sessions.Get(session)
	if !ok || s.ended || time.Since(s.known.ReadAt) >= accountKnown {
		return knownAccount{}, false
	}
	return s.known, time.Since(s.at) < sessionTrusted
}

// keep remembers what was read at a time, unless the session was ended since: a request that read just before the end must not
// bring it back.
func (c *cache) keep(session uuid.UUID, known knownAccount, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.sessions.Peek(session); ok && s.ended && !at.After(s.at) {
		return
	}
	c.sessions.Add(session, seen{known: known, at: at})
}

// forget notes that a session has ended.
func (c *cache) forget(session uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions.Add(session, seen{at: time.Now(), ended: true}) //nolint:forbidigo // ages the cache; no rule depends on it
}

// reread forgets what was read of an account: what its sessions may do has changed.
func (c *cache) reread(account uuid.UUID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, session := range c.sessions.Keys() {
		if s, ok := c.sessions.Peek(session); ok && !s.ended && s.known.ID == account {
			c.sessions.Remove(session)
		}
	}
}
