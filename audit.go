package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"purser/internal/ledger"
	"purser/internal/postgres"
)

var errBroken = errors.New("the ledger is broken")

// audit proves the ledger, and says what it found: for eyes, with its progress on a terminal, or as JSON with -json. It fails
// when an invariant is broken. It only reads, and may run beside servers.
func audit(ctx context.Context, db *postgres.DB, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("purser audit", flag.ContinueOnError)
	flags.SetOutput(stderr)
	asJSON := flags.Bool("json", false, "write the report as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if migrated, err := postgres.Migrated(ctx, db); err != nil || !migrated {
		return errors.New("there is no ledger of this version in the database; run: purser migrate")
	}
	var progress func(done, total int64)
	if isTerminal(stderr) {
		progress = func(done, total int64) { fmt.Fprintf(stderr, "\r%d of %d entries", done, total) }
	}
	report, err := ledger.Audit(ctx, db, progress)
	if progress != nil {
		fmt.Fprint(stderr, "\r\033[K")
	}
	if err != nil {
		return err
	}
	if *asJSON {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(report)
	} else {
		writeReport(stdout, report)
	}
	if err == nil && report.Breach != nil {
		err = errBroken
	}
	return err
}

func writeReport(w io.Writer, r ledger.Report) {
	fmt.Fprintf(w, "%d wallets, %d entries, %d posted transfers, as of %s\n", r.Wallets, r.Entries, r.Transfers, r.At.Format("2006-01-02 15:04:05"))
	for _, c := range r.Currencies {
		fmt.Fprintf(w, "  %s  in circulation %d, held %d, of it fees %d (minor units)\n", c.Letter, c.Circulation, c.Held, c.Fees)
	}
	if r.Breach != nil {
		fmt.Fprintf(w, "BROKEN: %s\n  %s\n", r.Breach.Invariant, r.Breach.Row)
		return
	}
	fmt.Fprintln(w, "Every invariant holds.")
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
