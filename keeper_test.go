package main

import (
	"encoding/json"
	"strings"
	"testing"

	"purser/internal/config"
	"purser/web"
)

// TestKeeperWhileTheNetworkFails cuts and silences a real network under the web app in the middle of a send.
func TestKeeperWhileTheNetworkFails(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-cut.mjs")
}

// TestKeeperWhileMoneyArrivesOverABadNetwork cuts and silences a real network under the web app while money arrives.
func TestKeeperWhileMoneyArrivesOverABadNetwork(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-away.mjs")
}

// TestKeeperSendsBackWhileTheNetworkFails loses the answers to refunds, and reloads the page in the middle of one: each that was meant moves once.
func TestKeeperSendsBackWhileTheNetworkFails(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-refund.mjs")
}

// TestKeepersListsGoOn asks for what lies behind the first page: pressed thrice, refused, and answered when another list is shown.
func TestKeepersListsGoOn(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-lists.mjs")
}

// TestKeeperByKeyboardByEarAndNarrow goes about by the keyboard, reads what is drawn, looks at the narrowest screen, and leaves for a lost phone.
func TestKeeperByKeyboardByEarAndNarrow(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-ways.mjs", "LOST_PHONE_DELAY=1s", "CODE_RESEND_AFTER=1s", "SUPPORT_URL=mailto:help@purser.example")
}

// TestKeepersCountriesThemeSoundAndLinks looks at what a person meets once: the country of a phone, a theme chosen by hand, a sound, a payment link.
func TestKeepersCountriesThemeSoundAndLinks(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-small.mjs")
}

// TestKeeperTellsTheTruth looks at what is told of money and of people where it is typed anew, comes late, fails, or is made up by somebody.
func TestKeeperTellsTheTruth(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-true.mjs")
}

// TestKeeperLeavesOneWhereOneWas looks at codes that are asked for again, at what runs out or is ended behind one's back, and at where the keyboard is left.
func TestKeeperLeavesOneWhereOneWas(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-stays.mjs", "CODE_RESEND_AFTER=1s", "TRANSFER_CONFIRMATION_TTL=75s")
}

// TestKeeperLosesNothingOnTheWay has the server fail within its answers, and looks at what was typed or shown once by who goes back, and at a tab without a connection.
func TestKeeperLosesNothingOnTheWay(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-kept.mjs", "MAX_SOCKETS_PER_SESSION=1")
}

// keeperScript runs a script about the web app. Its server is called localhost, where a browser gives a page all that it gives to https.
func keeperScript(t *testing.T, name string, settings ...string) {
	t.Helper()
	needBrowser(t)
	need(t, "the built web app", "web/keeper/dist/index.html")
	runScriptAt(t, name, localOrigin, settings...)
}

// TestKeeperWithoutANetwork reloads the web app offline, logs out of it there, and ends its session.
func TestKeeperWithoutANetwork(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-offline.mjs")
}

const ofAnotherApp = "query Letters { currencies { letter } }"

// TestKeeperWhereNothingButListedOperationsIsRun has two people use the web app on a server that runs nothing else.
func TestKeeperWhereNothingButListedOperationsIsRun(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-persisted.mjs", "PERSISTED_ONLY=true", "PERSISTED_OPERATIONS="+manifestOf(t, sha256Hex(ofAnotherApp), ofAnotherApp))
}

// TestAServerKnowsTheWebAppsOperationsFromTheFirstRequest sends hashes alone to a server that nobody has asked anything yet, with a list of other apps' and
// without.
func TestAServerKnowsTheWebAppsOperationsFromTheFirstRequest(t *testing.T) {
	t.Parallel()
	need(t, "the built web app", "web/keeper/dist/index.html")
	var manifest struct {
		Operations []struct{ ID, Name, Body string }
	}
	if err := json.Unmarshal(web.KeeperOperations(), &manifest); err != nil || len(manifest.Operations) < 50 {
		t.Fatalf("%d operations: %v", len(manifest.Operations), err)
	}
	for what, change := range map[string]func(*config.Config){
		"any operation": nil,
		"listed ones, no more": func(c *config.Config) {
			c.PersistedOperations, c.PersistedOnly = []string{manifestOf(t, sha256Hex(ofAnotherApp), ofAnotherApp)}, true
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c, _ := front(t, change)
			for _, o := range manifest.Operations {
				body, err := json.Marshal(map[string]any{"operationName": o.Name, "extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": o.ID}}})
				if err != nil {
					t.Fatal(err)
				}
				_, _, text := c.raw("POST", "/graphql", string(body), "Content-Type", asJSON)
				if strings.Contains(text, "PERSISTED_QUERY_NOT_FOUND") || strings.Contains(text, "FORBIDDEN") || strings.Contains(text, "COMPLEXITY") || strings.Contains(text, "GRAPHQL_PARSE") {
					t.Errorf("%s: %s", o.Name, text)
				}
				if o.Name == "Agreements" && !strings.Contains(text, `"version"`) {
					t.Errorf("the agreements by their hash: %s", text)
				}
			}
			for _, text := range web.PageOperations() {
				body, err := json.Marshal(map[string]any{"query": text, "variables": map[string]any{}})
				if err != nil {
					t.Fatal(err)
				}
				if _, _, answer := c.raw("POST", "/graphql", string(body), "Content-Type", asJSON); strings.Contains(answer, "FORBIDDEN") {
					t.Errorf("what a page behind a link asks is refused: %s", text)
				}
			}
		})
	}
}

// TestKeeperWhenSomethingChangesBehindATab has quotes come late, screens not at all, and another person log in beside.
func TestKeeperWhenSomethingChangesBehindATab(t *testing.T) {
	t.Parallel()
	keeperScript(t, "keeper-tabs.mjs")
}
