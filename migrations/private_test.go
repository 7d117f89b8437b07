package migrations_test

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/migrations"
	"purser/models"
)

// breaking is a sealer whose server dies after a number of values.
type breaking struct {
	*secret.Ring
	left int
}

var errDied = errors.New("the server died")

func (b *breaking) Seal(table, column, id string, plain []byte) []byte {
	if b.left--; b.left < 0 {
		panic(errDied)
	}
	return b.Ring.Seal(table, column, id, plain)
}

// people is what a server of before has written, in clear.
const people = `
INSERT INTO accounts (id, wmid, role, status, certificate_level, locale, phone, email, email_key, first_name, middle_name, last_name, birth_date,
    password_hash, security_question, security_answer_hash, created_at)
SELECT md5('a' || g)::uuid, lpad(g::text, 12, '0'), 'PERSON', 'ACTIVE', 'ALIAS', 'EN', '+7900' || (1000000 + g), 'P' || g || '@clear.test', 'p' || g || '@clear.test',
    'Firstname' || g, CASE WHEN g % 2 = 0 THEN 'Middlename' ELSE '' END, 'Lastname', '1990-02-03', '', 'Whose ship?', '', now() FROM generate_series(1001, 2201) g;
INSERT INTO registrations (id, token_mac, phone, locale, created_at, expires_at) VALUES (md5('r')::uuid, 'r', '+79001112233', 'EN', now(), now());
INSERT INTO recoveries (id, token_mac, kind, answers_left, new_phone, created_at, expires_at) VALUES (md5('r')::uuid, 'r', 'LOST_PHONE', 5, '+79001112233', now(), now());
INSERT INTO phone_changes (account_id, new_phone, old_challenge_id, new_challenge_id, created_at) VALUES (md5('a1001')::uuid, '+79001112233', md5('a')::uuid, md5('b')::uuid, now());
INSERT INTO email_verifications (token_mac, account_id, email_key, new_email, created_at, expires_at) VALUES ('\x0001ff', md5('a1001')::uuid, 'new@clear.test', 'New@clear.test', now(), now());
INSERT INTO challenges (id, purpose, method, target, locale, message, code_mac, attempts_left, sends, created_at, expires_at, resend_at)
    VALUES (md5('c')::uuid, 'LOG_IN', 'SMS', '+79001112233', 'EN', '{"template": "x", "values": {"Recipient": "Lastname"}}', '', 5, 1, now(), now(), now());
INSERT INTO messages (id, channel, recipient, sealed, created_at) VALUES (md5('m')::uuid, 'SMS', '+79001112233', '', now())`

// TestWhatIsInClearIsSealedAndNothingIsLost brings a database from before to the newest, with a server that dies twice.
func TestWhatIsInClearIsSealedAndNothingIsLost(t *testing.T) {
	t.Parallel()
	empty, dsn := emptyDatabase(t)
	ring := pgtest.Ring(t)
	up := func(to int64, sealer migrations.Sealer) (err error) {
		defer func() {
			if died := recover(); died != nil {
				err = died.(error)
			}
		}()
		pool, err := sql.Open("pgx", dsn)
		if err != nil {
			return err
		}
		defer pool.Close()
		provider, err := goose.NewProvider(goose.DialectPostgres, pool, migrations.Files, goose.WithGoMigrations(migrations.Jobs(dsn), migrations.Private(sealer)))
		if err != nil {
			return err
		}
		_, err = provider.UpTo(t.Context(), to)
		return err
	}
	if err := up(18, ring); err != nil {
		t.Fatal(err)
	}
	if _, err := empty.Pool.Exec(t.Context(), people); err != nil {
		t.Fatal(err)
	}
	for _, values := range []int{100, 5000} {
		if err := up(19, &breaking{ring, values}); err == nil || !strings.Contains(err.Error(), errDied.Error()) {
			t.Fatalf("the server did not die: %v", err)
		}
	}
	if err := up(migrations.Newest, ring); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(render(t, pgtest.New(t)), render(t, empty)); diff != "" {
		t.Errorf("the schema differs from that of an empty database (-want +got):\n%s", diff)
	}

	db, err := postgres.Open(t.Context(), dsn, postgres.Options{Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var accounts []models.Account
	if err := db.GORM(t.Context()).Where("role = 'PERSON'").Order("wmid").Find(&accounts).Error; err != nil || len(accounts) != 1201 {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	for i, a := range accounts {
		g := 1001 + i
		middle := ""
		if g%2 == 0 {
			middle = "Middlename"
		}
		got := strings.Join([]string{*a.Phone, *a.Email, a.FirstName, a.MiddleName, a.LastName, a.BirthDate.Format("2006-01-02"), a.SecurityQuestion, string(a.PhoneMAC), string(a.EmailMAC)}, "|")
		want := fmt.Sprintf("+7900%d|P%d@clear.test|Firstname%d|%s|Lastname|1990-02-03|Whose ship?|%s|%s", 1000000+g, g, g, middle,
			db.Lookup("phone", fmt.Sprintf("+7900%d", 1000000+g)), db.Lookup("email", fmt.Sprintf("p%d@clear.test", g)))
		if got != want {
			t.Fatalf("account %d became %q, was %q", g, got, want)
		}
	}
	var link models.EmailVerification
	var challenge models.Challenge
	var change models.PhoneChange
	var recovery models.Recovery
	var registration models.Registration
	var message models.Message
	for _, row := range []any{&link, &challenge, &change, &recovery, &registration, &message} {
		if err := db.GORM(t.Context()).Take(row).Error; err != nil {
			t.Fatal(err)
		}
	}
	if *link.NewEmail != "New@clear.test" || string(link.EmailMAC) != string(db.Lookup("email", "new@clear.test")) || !strings.Contains(string(challenge.Message), "Lastname") {
		t.Errorf("%+v, %s", link, challenge.Message)
	}
	for _, got := range []string{challenge.Target, change.NewPhone, recovery.NewPhone, registration.Phone, message.Recipient} {
		if got != "+79001112233" {
			t.Errorf("a phone became %q", got)
		}
	}
}
