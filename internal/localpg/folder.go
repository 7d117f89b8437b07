package localpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A home folder holds:
//
//	data/         the cluster, private to the account
//	data.new-*    a cluster being made; worthless until renamed
//	run/          the socket, private to the account: this is what makes `trust` safe
//	postgres.log  and postgres.log.old
//	lock          held while starting

func dataDir(home string) string { return filepath.Join(home, "data") }

// settle creates the home folder and decides who runs Postgres in it. As root it may have to settle elsewhere.
func settle(ctx context.Context, dir string, log *slog.Logger) (string, account, error) {
	home, err := makeHome(dir)
	if err != nil {
		return "", account{}, err
	}
	acc, err := chooseAccount(ctx, dataDir(home))
	if err != nil || !acc.lent {
		return home, acc, err
	}

	elsewhere := filepath.Join("/var/lib", "purser-"+shortHash(home))
	if !exists(dataDir(elsewhere)) || exists(dataDir(home)) {
		if acc.admit(ctx, home) == nil {
			return home, acc, nil
		}
		if exists(dataDir(home)) {
			return "", acc, fmt.Errorf("account %s, which owns %s, may not enter it; "+
				"make the folders above it enterable (chmod o+x), or start as another user", acc.name, dataDir(home))
		}
	}

	// Opening up folders above ours is the administrator's decision. The data goes where the account may follow.
	log.Warn("the database account may not enter the data folder, so the data is elsewhere",
		"wanted", home, "account", acc.name, "used", elsewhere)
	if elsewhere, err = makeHome(elsewhere); err != nil {
		return "", acc, err
	}
	if acc, err = chooseAccount(ctx, dataDir(elsewhere)); err != nil {
		return "", acc, err
	}
	if err := acc.admit(ctx, elsewhere); err != nil {
		return "", acc, fmt.Errorf("account %s may enter neither %s nor %s: %w", acc.name, home, elsewhere, err)
	}
	return elsewhere, acc, nil
}

// makeHome creates the folder and returns its real, absolute path, so that every process names it alike.
func makeHome(dir string) (string, error) {
	home, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	fresh := !exists(home)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", fmt.Errorf("create the data folder: %w", err)
	}
	if fresh {
		// A strict umask must not lock the account out of a folder that holds nothing readable.
		if err := os.Chmod(home, 0o755); err != nil {
			return "", err
		}
	}
	if exists(filepath.Join(home, "PG_VERSION")) {
		return "", fmt.Errorf("%s is itself a Postgres data folder; nothing was changed. "+
			"DATA_DIR names the folder above it: move the files to %s or choose another DATA_DIR", home, dataDir(home))
	}
	return filepath.EvalSymlinks(home)
}

// admit makes sure that the account can enter home. An empty folder that only root may enter, such as a fresh one of
// mktemp, is handed over whole: it was meant for the database and holds nothing else.
func (a account) admit(ctx context.Context, home string) error {
	err := a.try(ctx, home)
	if err == nil || a.try(ctx, filepath.Dir(home)) != nil {
		return err
	}
	entries, readErr := os.ReadDir(home)
	if readErr != nil || len(entries) > 0 {
		return errors.Join(err, readErr)
	}
	if err := a.give(home); err != nil {
		return err
	}
	return a.try(ctx, home)
}

// dataVersion is the major version that made the data, 0 when there is none yet.
func dataVersion(home string) (int, error) {
	text, err := os.ReadFile(filepath.Join(dataDir(home), "PG_VERSION"))
	if err == nil {
		major, _, _ := strings.Cut(strings.TrimSpace(string(text)), ".")
		return strconv.Atoi(major)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	entries, err := os.ReadDir(dataDir(home))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, err
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("%s is not empty and was not made by Postgres; nothing was changed", dataDir(home))
	}
	return 0, nil
}

// createData makes the cluster under a temporary name and renames it when it is whole, so that a crash in between
// leaves nothing that a later start could trust. The caller holds the folder's lock.
func (s *Server) createData(ctx context.Context) error {
	// Looked up again under the lock: another starter may have made it meanwhile.
	made, err := dataVersion(s.home)
	if err != nil {
		return err
	}
	if made != 0 && made != s.programs.major {
		return explainVersion(&versionError{made: made, installed: []programs{s.programs}}, s.home)
	}
	if made != 0 {
		return nil
	}

	removeUnfinished(s.home)
	fresh, err := os.MkdirTemp(s.home, "data.new-")
	if err != nil {
		return err
	}
	if err := s.fill(ctx, fresh); err != nil {
		return errors.Join(fmt.Errorf("create the database files: %w", err), os.RemoveAll(fresh))
	}
	if err := os.Rename(fresh, dataDir(s.home)); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return syncDir(s.home)
}

func (s *Server) fill(ctx context.Context, fresh string) error {
	if err := s.account.give(fresh); err != nil {
		return err
	}
	var out string
	var err error
	for _, locale := range localeChoices(s.programs.major) {
		args := []string{"-D", fresh, "-U", superuser, "-A", "trust", "-E", "UTF8", "--data-checksums"}
		if s.settings["fsync"] == "off" {
			args = append(args, "--no-sync")
		}
		out, err = s.account.run(ctx, s.home, s.programs.path("initdb"), append(args, locale...)...)
		if err == nil || !strings.Contains(out, "invalid locale") {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, strings.TrimSpace(out))
	}
	return nil
}

// localeChoices are tried in turn. All sort by code point, the same on every machine and after every system upgrade;
// they differ in who knows upper and lower case beyond ASCII.
func localeChoices(major int) [][]string {
	libc := [][]string{
		{"--locale=C", "--lc-ctype=C.UTF-8"}, // Linux
		{"--locale=C", "--lc-ctype=UTF-8"},   // macOS
		{"--locale=C"},
	}
	if major < 17 {
		return libc
	}
	builtin := []string{"--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
	return append([][]string{builtin}, libc...)
}

// removeUnfinished clears what interrupted initdbs left. Failing to is harmless: nobody trusts those names.
func removeUnfinished(home string) {
	leftovers, err := filepath.Glob(filepath.Join(globEscape(home), "data.new-*"))
	if err != nil {
		return
	}
	for _, dir := range leftovers {
		_ = os.RemoveAll(dir)
	}
}

func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func shortHash(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:6])
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	// Some file systems cannot sync a folder; then there is nothing more to do.
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return errors.Join(err, dir.Close())
	}
	return dir.Close()
}
