package sessions_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	godiff "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"purser/internal/fault"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/sessions"
	"purser/models"
)

func TestServersThatStartTogetherShareOneKey(t *testing.T) {
	t.Parallel()
	clock := pgtest.NewClock()
	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now})
	rooms := make([]room, 4)
	var starting sync.WaitGroup
	for i := range rooms {
		starting.Go(func() {
			var err error
			if rooms[i], err = tryRoom(t, db, clock, 7); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	if t.Failed() {
		return
	}
	account := rooms[0].anna(t)
	for i, r := range rooms {
		if diff := godiff.Diff(rooms[0].JWKS(), r.JWKS()); diff != "" {
			t.Errorf("server %d has other keys (-want +got):\n%s", i, diff)
		}
		tokens := r.open(t, account, false)
		for _, other := range rooms {
			if !other.alive(t, tokens.Access) {
				t.Errorf("a token of server %d is refused elsewhere", i)
			}
		}
	}
}

func TestAnotherSecretKeyIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	if _, err := tryRoom(t, r.db, r.clock, 8); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
		t.Errorf("it started: %v", err)
	}
}

func TestPrivateKeysAreSealedAndPublicOnesShown(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	var row models.SigningKey
	if err := r.db.GORM(t.Context()).Take(&row).Error; err != nil {
		t.Fatal(err)
	}
	if len(row.SealedSeed) != 32+12+16 { // seed, nonce and tag
		t.Errorf("the sealed seed has %d bytes", len(row.SealedSeed))
	}
	want := []sessions.JWK{{KTY: "OKP", CRV: "Ed25519", Alg: "EdDSA", Use: "sig", KID: row.KID, X: base64.RawURLEncoding.EncodeToString(row.PublicKey)}}
	if diff := godiff.Diff(want, r.JWKS()); diff != "" {
		t.Errorf("the key set (-want +got):\n%s", diff)
	}
}

func TestRow24ANewKeyIsFoundWithoutARestart(t *testing.T) {
	t.Parallel()
	old := newRoom(t)
	account := old.anna(t)
	before := old.open(t, account, false)
	old.exec(t, `UPDATE signing_keys SET retired_at = $1`, old.clock.Now())
	fresh := roomOn(t, old.db, old.clock)
	after := fresh.open(t, account, false)
	if !fresh.alive(t, before.Access) {
		t.Error("tokens of the retired key are refused")
	}
	old.AgeKeys()
	if !old.alive(t, after.Access) || !old.alive(t, before.Access) {
		t.Error("the server that was running does not learn of the new key")
	}
	byKID := func(a, b sessions.JWK) int { return cmp.Compare(a.KID, b.KID) }
	if diff := godiff.Diff(slices.SortedFunc(slices.Values(fresh.JWKS()), byKID), slices.SortedFunc(slices.Values(old.JWKS()), byKID)); diff != "" || len(old.JWKS()) != 2 {
		t.Errorf("the key sets differ (-want +got):\n%s", diff)
	}
}

func TestRow24TheNextKeyIsKnownEverywhereBeforeItSigns(t *testing.T) {
	t.Parallel()
	one := newRoom(t)
	two := roomOn(t, one.db, one.clock)
	account := one.anna(t)
	before := one.open(t, account, false)
	kid, signs, err := sessions.Rotate(t.Context(), one.db, one.box)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := sessions.Rotate(t.Context(), one.db, one.box); !errors.Is(err, sessions.ErrRotating) {
		t.Errorf("a second rotation: %v", err)
	}
	if err := sessions.RemoveKey(t.Context(), one.db, kid); !errors.Is(err, sessions.ErrKeyInUse) {
		t.Errorf("the new key was removed: %v", err)
	}
	servers := []room{one, two}
	for _, server := range servers {
		server.AgeKeys()
		if err := server.RefreshKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(server.JWKS()) != 2 || kidOf(t, server.open(t, account, false).Access) == kid {
			t.Error("the new key is not shown, or signs too early")
		}
	}
	one.clock.Advance(signs.Sub(one.clock.Now()))
	for i, server := range servers { // nobody reads the keys again
		fresh := server.open(t, account, false)
		if other := servers[1-i]; kidOf(t, fresh.Access) != kid || !other.alive(t, fresh.Access) || !server.alive(t, before.Access) {
			t.Errorf("server %d: the new key does not sign, or is refused elsewhere, or the old one is", i)
		}
	}
	late := newForge(t, one, before).token(t)
	one.clock.Advance(accessTTL + time.Minute)
	if two.alive(t, late) || len(two.JWKS()) != 1 {
		t.Error("the old key is good for longer than its tokens")
	}
}

func TestRow24ARemovedKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	before := r.open(t, r.anna(t), false)
	old := kidOf(t, before.Access)
	if err := sessions.RemoveKey(t.Context(), r.db, old); !errors.Is(err, sessions.ErrKeyInUse) {
		t.Fatalf("the key in use was removed: %v", err)
	}
	_, signs, err := sessions.Rotate(t.Context(), r.db, r.box)
	if err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(signs.Sub(r.clock.Now()))
	if !r.alive(t, before.Access) {
		t.Fatal("a good token is refused")
	}
	if err := sessions.RemoveKey(t.Context(), r.db, old); err != nil {
		t.Fatal(err)
	}
	r.AgeKeys()
	if err := r.RefreshKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.alive(t, before.Access) {
		t.Error("a token of the removed key is taken")
	}
}

func TestAServerWhoseClockIsALittleAheadIsBelieved(t *testing.T) {
	t.Parallel()
	clock := pgtest.NewClock()
	db := pgtest.NewWith(t, postgres.Options{Clock: clock.Now})
	r := roomOn(t, db, clock)
	account := r.anna(t)
	for ahead, want := range map[time.Duration]bool{4 * time.Second: true, 7 * time.Second: false} {
		clock.Advance(ahead)
		tokens := r.open(t, account, false)
		clock.Advance(-ahead)
		if r.alive(t, tokens.Access) != want {
			t.Errorf("a token from %s ahead: want alive %v", ahead, want)
		}
	}
}

// kidOf is the key that signed a token.
func kidOf(t *testing.T, token string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header["kid"].(string)
}

func TestRow23UnknownKeysDoNotFloodTheDatabase(t *testing.T) {
	t.Parallel()
	clock := pgtest.NewClock()
	var reads keyReads
	r := roomOn(t, pgtest.NewWith(t, postgres.Options{Clock: clock.Now, Tracer: &reads}), clock)
	forged := newForge(t, r, r.open(t, r.anna(t), false)).head("kid", "unknown").token(t)
	r.AgeKeys()
	reads.count.Store(0)
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			_, err := r.Authenticate(t.Context(), forged)
			wantFault(t, err, fault.Unauthenticated)
		})
	}
	running.Wait()
	if reads.count.Load() != 1 {
		t.Errorf("50 forged tokens at once caused %d reads of the keys, want 1", reads.count.Load())
	}
}

// keyReads counts queries for signing keys.
type keyReads struct{ count atomic.Int64 }

func (k *keyReads) TraceQueryStart(ctx context.Context, _ *pgx.Conn, start pgx.TraceQueryStartData) context.Context {
	if strings.Contains(start.SQL, "signing_keys") {
		k.count.Add(1)
	}
	return ctx
}

func (*keyReads) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
