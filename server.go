// Purser is a backend for electronic payments: people register with a phone, open wallets and send money to each other, over
// GraphQL. This file is wiring only: configuration, database, rooms, resolvers, front door, and their end in reverse.
package main

import (
	"context"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"purser/internal/config"
	"purser/internal/handover"
	"purser/internal/localpg"
	"purser/internal/postgres"
	"purser/internal/request"
	"purser/internal/tracing"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "purser: %v\n", err)
		os.Exit(1)
	}
}

// run is the program: it serves until ctx ends, and then finishes what was begun.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	self := handover.This(args) // before secrets are taken out of the environment
	c, err := config.Load(nil)
	if err != nil {
		return fmt.Errorf("the configuration is not good:\n%w", err)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // the heap is small and short-lived: collecting it less often saves a tenth of the work
	}
	log := slog.New(request.LogHandler{Handler: logHandler(c, stderr)})
	slog.SetDefault(log)
	stdlog.SetOutput(io.Discard) // libraries that write there quote requests, with whatever secret is in them

	dsn, place, stopDatabase, err := database(ctx, c, log)
	if err != nil {
		return err
	}
	defer stopDatabase()
	command := ""
	if len(args) > 0 {
		command = args[0]
	}
	ring, err := c.Ring()
	if err != nil {
		return err
	}
	if command != "audit" { // which changes nothing
		if err := postgres.Migrate(ctx, dsn, ring, log); err != nil {
			return err
		}
	}
	spans, err := tracing.Start(ctx, c.OTLPEndpoint, log)
	if err != nil {
		return err
	}
	defer spans.Stop()
	db, err := postgres.Open(ctx, dsn, postgres.Options{MaxConns: c.DatabaseMaxConns, Ring: ring, Tracer: spans.SQL()})
	if err != nil {
		return err
	}
	defer db.Close()
	switch command {
	case "":
		if err := postgres.UseKeys(ctx, db); err != nil {
			return err
		}
		return serve(ctx, surroundings{c, self, spans}, db, log, func(address string) { welcome(stdout, c, address, place) })
	case "migrate":
		return nil
	case "audit":
		return audit(ctx, db, args[1:], stdout, stderr)
	case "keys":
		return keys(ctx, c, db, args[1:], stdout)
	case "operators":
		return staff(ctx, c, db, log, args[1:], stdout)
	case "data-keys":
		return dataKeys(ctx, db, args[1:], stdout)
	}
	return fmt.Errorf("unknown command %q; there are: migrate, audit, keys, operators, data-keys", command)
}

// logHandler writes for machines in production and for eyes elsewhere.
func logHandler(c config.Config, w io.Writer) slog.Handler {
	options := &slog.HandlerOptions{Level: c.Level()}
	if c.IsProduction() {
		return slog.NewJSONHandler(w, options)
	}
	return slog.NewTextHandler(w, options)
}

// database is the one that DATABASE_URL names, or a private Postgres that lives as long as this process. place says which.
func database(ctx context.Context, c config.Config, log *slog.Logger) (dsn, place string, stop func(), err error) {
	if c.DatabaseURL != "" {
		return c.DatabaseURL, "the database of DATABASE_URL", func() {}, nil
	}
	local, err := localpg.Start(ctx, localpg.Options{DataDir: c.DataDir, Log: log})
	if err != nil {
		return "", "", nil, err
	}
	stop = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.DrainTimeout)
		defer cancel()
		if err := local.Stop(ctx); err != nil {
			log.Error("the private Postgres did not stop cleanly", "error", err)
		}
	}
	if err := local.EnsureDatabase(ctx, "purser"); err != nil {
		stop()
		return "", "", nil, err
	}
	return local.DSN("purser"), local.Dir() + "   (its own Postgres; delete the folder to begin anew)", stop, nil
}
