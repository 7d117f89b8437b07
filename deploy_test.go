package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"purser/internal/config"
)

// settings are the names of all variables that the server reads.
func settings() map[string]bool {
	known := map[string]bool{}
	c := reflect.TypeFor[config.Config]()
	for i := range c.NumField() {
		name, _, _ := strings.Cut(c.Field(i).Tag.Get("env"), ",")
		known[name] = true
	}
	return known
}

// longestStop is how long a server that is told to stop may take by default, in production.
func longestStop(t *testing.T) time.Duration {
	t.Helper()
	c, err := config.Load(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	return c.DrainTimeout + c.Grace(true)
}

// isPinned tells whether an image is of a version: its tag is one, or is of an image whose name is.
func isPinned(image string) bool {
	name, tag, tagged := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return tagged && tag != "latest" && regexp.MustCompile(`\d`).MatchString(name+tag)
}

func TestTheImageIsPinnedAndRunsAsNobody(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	known, stages, last := settings(), map[string]bool{}, ""
	entry := ""
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch fields := strings.Fields(rest); instruction {
		case "FROM":
			if last = fields[0]; !isPinned(last) && !stages[last] {
				t.Errorf("%s is not pinned", last)
			}
			if len(fields) == 3 && fields[1] == "AS" {
				stages[fields[2]] = true
			}
		case "COPY":
			if from, named := strings.CutPrefix(fields[0], "--from="); named && !stages[from] {
				t.Errorf("there is no stage %s", from)
			}
		case "ENV":
			for _, field := range fields {
				if name, _, _ := strings.Cut(field, "="); !known[name] {
					t.Errorf("the server does not read %s", name)
				}
			}
		case "ENTRYPOINT":
			entry = rest
		case "ADD", "MAINTAINER":
			t.Errorf("%s has no place here", instruction)
		case "RUN":
			if strings.Contains(rest, "sudo") || strings.Contains(rest, "curl") || strings.Contains(rest, "apt") && !strings.Contains(rest, "=") {
				t.Errorf("%q brings something that is not pinned", rest)
			}
		case "", "#", "WORKDIR", "EXPOSE", "STOPSIGNAL", "USER":
		default:
			if !strings.HasPrefix(instruction, "#") {
				t.Errorf("%q is no instruction that this test knows", instruction)
			}
		}
	}
	if !strings.HasSuffix(last, ":nonroot") {
		t.Errorf("the last stage, %s, runs as root", last)
	}
	if !strings.HasPrefix(entry, `["`) { // through a shell, it would not hear SIGTERM
		t.Errorf("the entry point is %q", entry)
	}
}

func TestComposeStartsWhatTheServerKnows(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct {
			Image, Build string
			Environment  map[string]string
			Ports        []string
			ReadOnly     bool     `yaml:"read_only"`
			CapDrop      []string `yaml:"cap_drop"`
			SecurityOpt  []string `yaml:"security_opt"`
			StopGrace    string   `yaml:"stop_grace_period"`
			Privileged   bool
			Volumes      []string
			DependsOn    map[string]any `yaml:"depends_on"`
			Healthcheck  map[string]any
		}
		Volumes map[string]any
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	known := settings()
	for name, s := range file.Services {
		if s.Image != "" && !isPinned(s.Image) {
			t.Errorf("%s: %s is not pinned", name, s.Image)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s listens to everybody: %s", name, port)
			}
		}
		for needed := range s.DependsOn {
			if file.Services[needed].Healthcheck == nil {
				t.Errorf("%s waits for %s, whose health nobody checks", name, needed)
			}
		}
		if s.Build == "" {
			continue
		}
		for variable := range s.Environment {
			if !known[variable] {
				t.Errorf("the server does not read %s", variable)
			}
		}
		if c, err := config.Load(s.Environment); err != nil || c.DatabaseURL == "" {
			t.Errorf("%s does not start with its settings: %v", name, err)
		}
		if !s.ReadOnly || s.Privileged || len(s.CapDrop) != 1 || s.CapDrop[0] != "ALL" || len(s.SecurityOpt) == 0 {
			t.Errorf("%s may do more than it needs", name)
		}
		if grace, err := time.ParseDuration(s.StopGrace); err != nil || grace <= longestStop(t) {
			t.Errorf("%s is killed after %s, and may need %s", name, s.StopGrace, longestStop(t))
		}
	}
	if file.Services["purser"].Build == "" || file.Services["postgres"].Image == "" {
		t.Error("a service is missing")
	}
}

func TestTheUnitLocksTheServerInAndLetsItFinish(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("deploy/purser.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && !strings.HasPrefix(name, "#") {
			unit[name] = value
		}
	}
	for name, want := range map[string]string{"Type": "notify", "NotifyAccess": "all", "ExecReload": "/bin/kill -USR2 $MAINPID", "DynamicUser": "yes", "NoNewPrivileges": "yes",
		"ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "CapabilityBoundingSet": "", "MemoryDenyWriteExecute": "yes"} {
		if got, set := unit[name]; !set || got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if stop, err := time.ParseDuration(unit["TimeoutStopSec"] + "s"); err != nil || stop <= longestStop(t) {
		t.Errorf("it is killed after %s, and may need %s", stop, longestStop(t))
	}
	if !strings.Contains(unit["RestrictAddressFamilies"], "AF_UNIX") { // by which systemd is told of a successor
		t.Error("systemd cannot be told of a successor")
	}
}
