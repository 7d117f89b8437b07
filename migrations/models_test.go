package migrations_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"purser/internal/pgtest"
	"purser/internal/postgres"
	"purser/models"
)

// rows are all models.
var rows = []any{
	models.Account{}, models.EmailVerification{}, models.Agreement{}, models.AgreementAcceptance{}, models.PhoneChange{}, models.Thaw{}, models.Closing{}, models.Registration{},
	models.Challenge{}, models.Message{}, models.SecurityEvent{},
	models.CertificateRequest{}, models.Document{},
	models.SigningKey{}, models.Device{}, models.Session{}, models.RefreshToken{}, models.PendingLogIn{},
	models.Currency{}, models.Wallet{}, models.Transfer{}, models.Entry{}, models.ConfirmationPolicy{}, models.SpendingLimit{}, models.Spending{}, models.OperatorAction{}, models.Turnover{}, models.RefusedTransfer{}, models.OperatorRequest{}, models.OperatorMove{}, models.Block{}, models.Contact{}, models.Notice{}, models.NotificationChoice{}, models.QuietHours{}, models.PushDevice{},
	models.Event{}, models.TOTPFactor{}, models.BackupCode{}, models.Recovery{}, models.Passkey{}, models.PasskeyCeremony{},
	models.DataExport{}, models.DataExportChunk{},
}

// withoutModel are tables that are counted in by SQL alone, and those of River.
var withoutModel = []string{"data_keys", "event_heads", "rate_counters", "turnover_heads", "river_job", "river_leader",
	"river_migration", "river_notification", "river_queue"}

// kinds are the column types that a field's type reads and writes without loss.
var kinds = map[string][]string{
	"string": {"text", "wallet_number"}, "int": {"integer"}, "int64": {"bigint"}, "bool": {"boolean"}, "uuid.UUID": {"uuid"},
	"time.Time": {"timestamp with time zone", "date"}, "[]uint8": {"bytea", "jsonb"}, "[]int64": {"bigint[]"},
}

const primaryKeySQL = `SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::bigint::oid AND i.indisprimary ORDER BY array_position(i.indkey, a.attnum)`

func TestModelsAndTablesAreTheSame(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	tables := map[string]table{}
	for _, tb := range tablesOf(t, db) {
		tables[tb.name] = tb
	}
	for _, row := range rows {
		model, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
		if err != nil {
			t.Fatal(err)
		}
		tb, exists := tables[model.Table]
		if !exists {
			t.Errorf("%s has no table %s", model.Name, model.Table)
			continue
		}
		delete(tables, model.Table)
		compare(t, db, model, tb)
	}
	for name := range tables {
		if !slices.Contains(withoutModel, name) {
			t.Errorf("the table %s has no model", name)
		}
	}
}

func compare(t *testing.T, db *postgres.DB, model *schema.Schema, tb table) {
	t.Helper()
	columns := map[string]column{}
	for _, c := range tb.columns(t, db) {
		columns[c.name] = c
	}
	for _, field := range model.Fields {
		c, exists := columns[field.DBName]
		if !exists {
			t.Errorf("%s.%s has no column", model.Name, field.Name)
			continue
		}
		delete(columns, field.DBName)
		kind, isPointer := strings.CutPrefix(field.FieldType.String(), "*")
		if field.Serializer != nil { // what is empty is null, whatever the field's type
			if c.kind != "bytea" || c.notNull {
				t.Errorf("%s.%s is sealed, its column a %s, NOT NULL %t", model.Name, field.Name, c.kind, c.notNull)
			}
			continue
		}
		if !slices.Contains(kinds[kind], c.kind) {
			t.Errorf("%s.%s is a %s, its column a %s", model.Name, field.Name, kind, c.kind)
		}
		if kind != "[]uint8" && isPointer == c.notNull { // bytes can be nil by themselves
			t.Errorf("%s.%s is a %s, and NOT NULL of its column is %t", model.Name, field.Name, field.FieldType, c.notNull)
		}
	}
	for name := range columns {
		t.Errorf("the column %s.%s has no field", tb.name, name)
	}
	if diff := cmp.Diff(lines(t, db, primaryKeySQL, tb.oid), model.PrimaryFieldDBNames); diff != "" {
		t.Errorf("the primary key of %s is another one (-want +got):\n%s", model.Name, diff)
	}
}
