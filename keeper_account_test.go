package main

import (
	"os/exec"
	"testing"

	"purser/internal/pgtest"
)

// TestKeeperChangesWhatIsOnesOwnInABrowser has a person change all that one can change about oneself, on a phone; and another one, whose agreements have a
// new version, accept it.
func TestKeeperChangesWhatIsOnesOwnInABrowser(t *testing.T) {
	t.Parallel()
	needBrowser(t)
	need(t, "the built web app", "web/keeper/dist/index.html")
	need(t, "the packages of the scripts", "web/e2e/node_modules/.package-lock.json")
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("Node.js is missing, version 20 or newer; then run `make test`: %v", err)
	}
	db := pgtest.New(t)
	s := startServer(t, db.Pool.Config().ConnString())
	_, err = db.Pool.Exec(t.Context(), `INSERT INTO agreements (kind, version, title_en, title_ru, text_en, text_ru, published_at)
		VALUES ('TERMS_OF_TRANSFER', 2, 'New terms', 'Новые условия', 'The terms, anew.', 'Условия, заново.', now()),
			('PERSONAL_DATA', 2, 'New rules', 'Новые правила', 'The data, anew.', 'Данные, заново.', now())`)
	if err != nil {
		t.Fatal(err)
	}
	runScriptFor(t, "keeper-account.mjs", node, localOrigin(t, s.URL))
}
