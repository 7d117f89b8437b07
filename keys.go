package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"purser/internal/config"
	"purser/internal/postgres"
	"purser/internal/secret"
	"purser/internal/sessions"
)

// keys lists the keys of access tokens, brings the next one or ends an old one, beside running servers.
func keys(ctx context.Context, c config.Config, db *postgres.DB, args []string, stdout io.Writer) error {
	switch {
	case len(args) == 0:
		return listKeys(ctx, db, stdout)
	case len(args) == 1 && args[0] == "rotate":
		box, err := secret.NewBox(c.MasterKey())
		if err != nil {
			return err
		}
		kid, signs, err := sessions.Rotate(ctx, db, box)
		if err == nil {
			fmt.Fprintf(stdout, "%s signs from %s\n", kid, signs.Format(time.RFC3339))
		}
		return err
	case len(args) == 2 && args[0] == "remove":
		return sessions.RemoveKey(ctx, db, args[1])
	}
	return errors.New("what to do with keys? There are: keys, keys rotate, keys remove KID")
}

func listKeys(ctx context.Context, db *postgres.DB, stdout io.Writer) error {
	all, err := sessions.Keys(ctx, db)
	for _, key := range all {
		state := "signs"
		switch now := db.Now(); {
		case key.SignsFrom != nil && now.Before(*key.SignsFrom):
			state = "signs from " + key.SignsFrom.Format(time.RFC3339)
		case key.RetiredAt != nil && now.Before(*key.RetiredAt):
			state = "signs until " + key.RetiredAt.Format(time.RFC3339)
		case key.RetiredAt != nil:
			state = "signed until " + key.RetiredAt.Format(time.RFC3339)
		}
		fmt.Fprintf(stdout, "%s  %s\n", key.KID, state)
	}
	return err
}
