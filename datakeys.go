package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"purser/internal/postgres"
)

// dataKeys lists the keys that personal data is sealed under, or seals everything anew under the newest, beside running servers.
func dataKeys(ctx context.Context, db *postgres.DB, args []string, stdout io.Writer) error {
	switch {
	case len(args) == 0:
		all, err := postgres.DataKeys(ctx, db)
		for _, key := range all {
			state := "in use"
			if key.RetiredAt != nil {
				state = "retired " + key.RetiredAt.Format(time.RFC3339)
			}
			fmt.Fprintf(stdout, "%s  since %s, %s\n", key.ID, key.CreatedAt.Format(time.RFC3339), state)
		}
		return err
	case len(args) == 1 && args[0] == "rotate":
		if err := postgres.UseKeys(ctx, db); err != nil {
			return err
		}
		return postgres.Reseal(ctx, db, func(table string, rows int) { fmt.Fprintf(stdout, "%s: %d rows sealed anew\n", table, rows) })
	}
	return errors.New("what to do with data keys? There are: data-keys, data-keys rotate")
}
