package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/schema"

	"purser/internal/secret"
)

// sealed is how GORM writes and reads a field with the tag "serializer:sealed": under the keys of the DB that is spoken to, bound to its
// table, its column and its row. What is empty is null. A field that is read from another table names its place with the tag "sealed":
// table.column, and the field that holds the row's id.
type sealed struct{}

func init() { schema.RegisterSerializer("sealed", sealed{}) }

type ringKey struct{}

// withRing is a context whose statements seal and open.
func withRing(ctx context.Context, ring *secret.Ring) context.Context {
	return context.WithValue(ctx, ringKey{}, ring)
}

var errNoRing = errors.New("postgres: this database was opened without keys for personal data")

func ringOf(ctx context.Context) (*secret.Ring, error) {
	ring, _ := ctx.Value(ringKey{}).(*secret.Ring)
	if ring == nil {
		return nil, errNoRing
	}
	return ring, nil
}

// Scan is part of GORM's interface.
func (sealed) Scan(ctx context.Context, field *schema.Field, row reflect.Value, value any) error {
	target := field.ReflectValueOf(ctx, row)
	bytes, _ := value.([]byte)
	if len(bytes) == 0 {
		target.SetZero()
		return nil
	}
	ring, err := ringOf(ctx)
	if err != nil {
		return err
	}
	table, column, id, err := placeOf(ctx, field, row)
	if err != nil {
		return err
	}
	plain, err := ring.Open(table, column, id, bytes)
	if err != nil {
		return err
	}
	return assign(target, plain)
}

// Value is part of GORM's interface.
func (sealed) Value(ctx context.Context, field *schema.Field, row reflect.Value, value any) (any, error) {
	plain, err := plainOf(value)
	if err != nil || len(plain) == 0 {
		return nil, err
	}
	ring, err := ringOf(ctx)
	if err != nil {
		return nil, err
	}
	table, column, id, err := placeOf(ctx, field, row)
	if err != nil {
		return nil, err
	}
	return ring.Seal(table, column, id, plain), nil
}

func placeOf(ctx context.Context, field *schema.Field, row reflect.Value) (table, column, id string, err error) {
	if tag, elsewhere := field.Tag.Lookup("sealed"); elsewhere {
		at, key, _ := strings.Cut(tag, ",")
		table, column, _ = strings.Cut(at, ".")
		id, err = idOf(reflect.Indirect(row).FieldByName(key).Interface())
		return table, column, id, err
	}
	id, err = idOf(field.Schema.PrioritizedPrimaryField.ReflectValueOf(ctx, row).Interface())
	return field.Schema.Table, field.DBName, id, err
}

func idOf(key any) (string, error) {
	switch key := key.(type) {
	case uuid.UUID:
		if key != uuid.Nil {
			return key.String(), nil
		}
	case []byte:
		if len(key) > 0 {
			return hex.EncodeToString(key), nil
		}
	}
	return "", fmt.Errorf("postgres: a sealed value needs its row's id, not %v", key)
}

func plainOf(value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	case *string:
		if v != nil {
			return []byte(*v), nil
		}
		return nil, nil
	case *time.Time:
		if v != nil {
			return []byte(v.Format(time.DateOnly)), nil
		}
		return nil, nil
	}
	return nil, fmt.Errorf("postgres: a %T cannot be sealed", value)
}

func assign(target reflect.Value, plain []byte) error {
	text := string(plain)
	switch target.Interface().(type) {
	case string:
		target.SetString(text)
	case []byte:
		target.SetBytes(plain)
	case *string:
		target.Set(reflect.ValueOf(&text))
	case *time.Time:
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return fmt.Errorf("postgres: a sealed day: %w", err)
		}
		target.Set(reflect.ValueOf(&day))
	default:
		return fmt.Errorf("postgres: a %s cannot be opened", target.Type())
	}
	return nil
}
