package config_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"purser/internal/config"
)

var update = flag.Bool("update", false, "write the README's configuration table")

func TestAnEmptyEnvironmentIsALaptop(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	if c.IsProduction() || c.ListenAddr != "127.0.0.1:8080" || len(c.MasterKey()) < 32 {
		t.Errorf("defaults are not safe on a laptop: %+v", c)
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{
		"APP_ENV": "staging", "SECRET_KEY": "abc", "LOG_LEVEL": "loud", "ACCESS_TOKEN_TTL": "1h", "CODE_TTL": "0s",
		"PUBLIC_URL": "pay.example", "DATABASE_MAX_CONNS": "1", "MAX_SOCKETS_PER_SESSION": "-1",
	})
	for _, name := range []string{"APP_ENV", "SECRET_KEY", "LOG_LEVEL", "ACCESS_TOKEN_TTL", "CODE_TTL", "PUBLIC_URL",
		"DATABASE_MAX_CONNS", "MAX_SOCKETS_PER_SESSION"} {
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("%s is not among the mistakes: %v", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "abc") {
		t.Error("a secret is quoted in the error")
	}
}

func TestProductionRefusesLaptopDefaults(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"APP_ENV": "production"})
	for _, name := range []string{"SECRET_KEY", "DATABASE_URL", "PUBLIC_URL"} {
		if err == nil || !strings.Contains(err.Error(), name+":") {
			t.Errorf("production accepted the default of %s: %v", name, err)
		}
	}
}

func TestReadmeShowsTheConfigurationTable(t *testing.T) {
	const page, begin, end = "../../README.md", "<!-- configuration -->\n", "<!-- /configuration -->"
	readme, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the README has no place for the configuration table")
	}
	if shown == config.Table() {
		return
	}
	if !*update {
		t.Fatal("the README's configuration table is not the struct's; run: make generate")
	}
	if err := os.WriteFile(page, []byte(before+begin+config.Table()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
