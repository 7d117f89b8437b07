package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// installHelp ends every error about missing programs.
const installHelp = `install Postgres, or set DATABASE_URL to a running one, or PG_BIN to the folder that holds postgres and initdb:
  Debian, Ubuntu:  sudo apt-get install postgresql
  Fedora:          sudo dnf install postgresql-server
  macOS:           brew install postgresql@17   (or https://postgresapp.com)`

// usualPlaces are where packages put the server programs without adding them to PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// programs is one installed Postgres.
type programs struct {
	dir   string
	major int
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// versionError says that Postgres is installed, but not the version that made the data.
type versionError struct {
	made      int
	installed []programs
}

func (e *versionError) Error() string {
	var found []string
	for _, p := range e.installed {
		found = append(found, fmt.Sprintf("Postgres %d in %s", p.major, p.dir))
	}
	return "this machine has " + strings.Join(found, ", ")
}

// findPrograms returns the Postgres to use: the one of major version made when data exists, else the first of binDir,
// $PG_BIN, PATH and the usual places. A named folder is not second-guessed: if it is wrong, that is an error.
func findPrograms(ctx context.Context, binDir string, made int, acc account) (programs, error) {
	named := cmp.Or(binDir, os.Getenv("PG_BIN"))
	candidates := []string{named}
	if named == "" {
		candidates = append(filepath.SplitList(os.Getenv("PATH")), existingPlaces(usualPlaces)...)
	}
	return pickPrograms(ctx, candidates, made, acc)
}

func pickPrograms(ctx context.Context, candidates []string, made int, acc account) (programs, error) {
	mismatch := &versionError{made: made}
	var broken []error
	for _, dir := range candidates {
		if !isProgram(filepath.Join(dir, "postgres")) || !isProgram(filepath.Join(dir, "initdb")) {
			continue
		}
		p, err := askVersion(ctx, dir, acc)
		switch {
		case err != nil:
			broken = append(broken, err)
		case made == 0 || p.major == made:
			return p, nil
		default:
			mismatch.installed = append(mismatch.installed, p)
		}
	}
	if len(mismatch.installed) > 0 {
		return programs{}, mismatch
	}
	if err := errors.Join(broken...); err != nil {
		return programs{}, fmt.Errorf("the Postgres programs do not run: %w\n%s", err, installHelp)
	}
	return programs{}, fmt.Errorf("no Postgres programs found in %s\n%s", strings.Join(candidates, ", "), installHelp)
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func askVersion(ctx context.Context, dir string, acc account) (programs, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return programs{}, err
	}
	p := programs{dir: abs}
	out, err := acc.run(ctx, "/", p.path("postgres"), "--version")
	if err != nil {
		return p, fmt.Errorf("%s --version, as %s: %w %s", p.path("postgres"), acc.name, err, strings.TrimSpace(out))
	}
	m := majorVersion.FindStringSubmatch(out)
	if m == nil {
		return p, fmt.Errorf("%s --version answered %q", p.path("postgres"), out)
	}
	p.major, err = strconv.Atoi(m[1])
	return p, err
}

var numberInPath = regexp.MustCompile(`\d+`)

// existingPlaces expands the patterns, the newest version of each first.
func existingPlaces(patterns []string) []string {
	var dirs []string
	for _, pattern := range patterns {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern, and ours are constants
		}
		slices.SortStableFunc(matches, func(a, b string) int { return cmp.Compare(versionInPath(b), versionInPath(a)) })
		dirs = append(dirs, matches...)
	}
	return dirs
}

func versionInPath(dir string) int {
	numbers := numberInPath.FindAllString(filepath.Base(filepath.Dir(dir)), -1)
	if len(numbers) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(numbers[0]) // too large a number sorts last, like none
	return n
}
