package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"purser/internal/config"
	"purser/internal/fault"
	"purser/internal/locale"
	"purser/internal/postgres"
)

// staff lists the operators, and makes an account an operator's or an ordinary one, beside running servers.
func staff(ctx context.Context, c config.Config, db *postgres.DB, log *slog.Logger, args []string, stdout io.Writer) error {
	address := c.PublicURL
	if address == "" {
		address = "http://localhost"
	}
	all, err := build(ctx, c, db, log, address, nil)
	if err != nil {
		return err
	}
	defer all.sender.Close() //nolint:errcheck // it has sent nothing
	switch {
	case len(args) == 0:
		list, err := all.roles.List(ctx)
		for _, wmid := range list {
			fmt.Fprintln(stdout, wmid)
		}
		return err
	case len(args) == 2 && args[0] == "grant":
		return inWords(all.roles.Grant(ctx, args[1]))
	case len(args) == 2 && args[0] == "withdraw":
		return inWords(all.roles.Withdraw(ctx, args[1]))
	}
	return errors.New("what to do with operators? There are: operators, operators grant WMID, operators withdraw WMID")
}

// inWords says of a refusal what a person is told.
func inWords(err error) error {
	faults, ok := fault.All(err)
	if !ok {
		return err
	}
	id := string(faults[0].Code)
	if faults[0].Reason != "" {
		id += "." + faults[0].Reason
	}
	return errors.New(locale.EN.Text(id, faults[0].Values))
}
