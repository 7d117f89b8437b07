package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"purser/internal/pgtest"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheReadmesWalkIsTrue pastes the README's walk into a shell, as it stands.
func TestTheReadmesWalkIsTrue(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "<!-- walk -->")
	walk, _, closed := strings.Cut(rest, "<!-- /walk -->")
	if !found || !closed {
		t.Fatal("the README has no walk")
	}
	script := "set -euo pipefail\n"
	for _, block := range shellBlock.FindAllStringSubmatch(walk, -1) {
		script += block[1] + "\n"
	}

	s := startServer(t, pgtest.DSN(t))
	bash := exec.Command("bash", "-c", script)
	bash.Env = append(os.Environ(), "PURSER="+s.URL)
	output, err := bash.CombinedOutput()
	s.told.asked(script, nil)
	s.told.asked(string(output), nil)
	if err != nil {
		t.Fatalf("the walk failed: %v\n%s", err, output)
	}
	for _, want := range []string{
		`"nextStep":"VERIFY_PHONE"`, `"nextStep":"COMPLETE"`, `"kind":"ISSUE"`, "Ivan hears:",
		`"transferReceived":{"cursor"`, `"amount":"12.50"`, `"displayName":"Vera Walker"`, `"memo":"For the coffee"`, `"direction":"INCOMING"`,
	} {
		if !strings.Contains(string(output), want) {
			t.Errorf("the walk does not show %s:\n%s", want, output)
		}
	}
	if strings.Contains(string(output), `"userErrors":[{`) || strings.Contains(string(output), `"errors"`) {
		t.Errorf("the walk shows errors:\n%s", output)
	}
}
