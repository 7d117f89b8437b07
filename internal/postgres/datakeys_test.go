package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"purser/internal/config"
	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/models"
)

func ringWith(t *testing.T, keys ...string) *secret.Ring {
	t.Helper()
	ring, err := config.Config{DataKeys: keys}.Ring()
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func keyOf(id string, b byte) string { return id + ":" + strings.Repeat(fmt.Sprintf("%02x", b), 32) }

// serverOn is a server on a database that has its keys.
func serverOn(t *testing.T, dsn string, keys ...string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: ringWith(t, keys...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func addMessages(t *testing.T, db *postgres.DB, n int) (ids []uuid.UUID) {
	t.Helper()
	rows := make([]models.Message, n)
	for i := range rows {
		rows[i] = models.Message{ID: uuid.New(), Channel: "SMS", Recipient: fmt.Sprintf("+7900%07d", i), Sealed: []byte{}, CreatedAt: time.Now(), State: "SENT", ExpiresAt: time.Now()}
		ids = append(ids, rows[i].ID)
	}
	if err := db.GORM(t.Context()).CreateInBatches(rows, 500).Error; err != nil {
		t.Fatal(err)
	}
	return ids
}

func count(t *testing.T, db *postgres.DB, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestDataKeysAreRotatedBesideServersThatWork rotates twice at once, on a database that two servers write to, after a rotation that broke off.
func TestDataKeysAreRotatedBesideServersThatWork(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	old := serverOn(t, dsn)
	if err := postgres.UseKeys(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	ids := addMessages(t, old, 1500)
	one, two := serverOn(t, dsn, keyOf("2026", 1)), serverOn(t, dsn, keyOf("2026", 1))
	for _, db := range []*postgres.DB{one, two} {
		if err := postgres.UseKeys(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	broken, stop := context.WithCancel(t.Context())
	stop()
	if err := postgres.Reseal(broken, one, func(string, int) {}); err == nil && count(t, one, `SELECT count(*) FROM data_keys WHERE retired_at IS NOT NULL`) == 0 {
		t.Fatal("a rotation that was stopped says that it is done")
	}

	var working sync.WaitGroup
	done := make(chan struct{})
	working.Go(func() { // a server that works meanwhile
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			m := models.Message{ID: ids[i%len(ids)], Recipient: fmt.Sprintf("+7900%07d", i%len(ids))}
			if err := two.GORM(t.Context()).Model(&models.Message{}).Where("id = ?", m.ID).Select("recipient_sealed").Updates(m).Error; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
				return
			}
		}
	})
	var rotating sync.WaitGroup
	var mu sync.Mutex
	told := map[string]int{}
	for range 2 {
		rotating.Go(func() {
			if err := postgres.Reseal(t.Context(), one, func(table string, rows int) { mu.Lock(); told[table] += rows; mu.Unlock() }); err != nil {
				t.Error(err)
			}
		})
	}
	rotating.Wait()
	close(done)
	working.Wait()
	if n := count(t, one, `SELECT count(*) FROM messages WHERE recipient_sealed IS NULL OR substring(recipient_sealed FROM 1 FOR 5) <> $1`, []byte("\x042026")); n != 0 {
		t.Errorf("%d rows are left under another key; sealed anew: %v", n, told)
	}
	var rows []models.Message
	if err := two.GORM(t.Context()).Find(&rows).Error; err != nil || len(rows) != len(ids) {
		t.Fatal(len(rows), err)
	}
	phones := map[string]bool{}
	for _, row := range rows {
		phones[row.Recipient] = true
	}
	if len(phones) != len(ids) {
		t.Errorf("%d of %d recipients are left", len(phones), len(ids))
	}
	keys, err := postgres.DataKeys(t.Context(), one)
	if err != nil || len(keys) != 2 || keys[0].ID != secret.DerivedKey || keys[0].RetiredAt == nil || keys[1].RetiredAt != nil {
		t.Errorf("keys: %+v, %v", keys, err)
	}
	if told["messages"] == 0 || told["accounts"] != 0 {
		t.Errorf("told %v", told)
	}
}

func TestAServerWithoutAKeyThatRowsNeedDoesNotStart(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db := serverOn(t, dsn, keyOf("a", 1))
	if err := postgres.UseKeys(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	addMessages(t, db, 3)
	for what, keys := range map[string][]string{"missing": {keyOf("b", 2)}, "is another one": {keyOf("a", 3)}} {
		if err := postgres.UseKeys(t.Context(), serverOn(t, dsn, keys...)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	next := serverOn(t, dsn, keyOf("a", 1), keyOf("c", 4))
	if err := postgres.UseKeys(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Reseal(t.Context(), next, func(string, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := postgres.UseKeys(t.Context(), serverOn(t, dsn, keyOf("c", 4))); err != nil {
		t.Errorf("a retired key is asked for: %v", err)
	}
}

func TestASealedValueThatWasMovedToAnotherRowIsNotRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ids := addMessages(t, db, 2)
	_, err := db.Pool.Exec(t.Context(), `UPDATE messages SET recipient_sealed = (SELECT recipient_sealed FROM messages WHERE id = $1) WHERE id = $2`, ids[0], ids[1])
	if err != nil {
		t.Fatal(err)
	}
	var row models.Message
	if err := db.GORM(t.Context()).Take(&row, "id = ?", ids[1]).Error; err == nil {
		t.Errorf("somebody else's recipient is read: %s", row.Recipient)
	}
	row = models.Message{}
	if err := db.GORM(t.Context()).Take(&row, "id = ?", ids[0]).Error; err != nil || row.Recipient != "+79000000000" {
		t.Errorf("%s, %v", row.Recipient, err)
	}
	bare, err := postgres.Open(t.Context(), db.Pool.Config().ConnString(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bare.Close)
	row = models.Message{}
	if err := bare.GORM(t.Context()).Take(&row, "id = ?", ids[0]).Error; err == nil || bytes.Contains([]byte(err.Error()), []byte("+7900")) {
		t.Errorf("without keys: %v", err)
	}
}
