package postgres

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// UUIDs is an array argument. pgx would take a []uuid.UUID too, and write each id as text by way of reflection, which is a
// tenth of a busy server's time.
func UUIDs(ids []uuid.UUID) pgtype.FlatArray[pgtype.UUID] {
	array := make(pgtype.FlatArray[pgtype.UUID], len(ids))
	for i, id := range ids {
		array[i] = pgtype.UUID{Bytes: id, Valid: true}
	}
	return array
}

// Bytes is an array argument of byte strings, written without reflection.
func Bytes(items [][]byte) pgtype.FlatArray[[]byte] { return items }
