package main

import (
	"fmt"
	"io"

	"purser/internal/config"
	"purser/internal/operators"
)

// welcome tells a person at a terminal what runs now and where to go.
func welcome(w io.Writer, c config.Config, address, place string) {
	if c.IsProduction() {
		return
	}
	fmt.Fprintf(w, "\nPurser is serving. Ctrl-C stops it; the data stays.\n\n")
	fmt.Fprintf(w, "  Data        %s\n", place)
	fmt.Fprintf(w, "  App         %s/   (Keeper: log in or register)\n", address)
	fmt.Fprintf(w, "  API         %s/graphql\n", address)
	fmt.Fprintf(w, "  Playground  %s/playground/\n", address)
	fmt.Fprintf(w, "  Dev inbox   %s/dev/inbox   (every SMS and letter, with its code or link)\n\n", address)
	fmt.Fprintf(w, "  Demo logins (each asks for the code in the dev inbox)\n")
	for _, login := range operators.DemoLogins {
		fmt.Fprintf(w, "    %-22s %-18s %s\n", login.Email, login.Password, login.Phone)
	}
	fmt.Fprintln(w)
}
