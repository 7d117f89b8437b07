package localpg

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestExistingPlaces(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, dir := range []string{"deb/9/bin", "deb/15/bin", "deb/17/bin", "brew/postgresql/bin", "brew/postgresql@16/bin"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}

	got := existingPlaces([]string{root + "/deb/*/bin", root + "/none/*/bin", root + "/brew/postgresql*/bin"})
	for i := range got {
		got[i] = strings.TrimPrefix(got[i], root+"/")
	}
	want := []string{"deb/17/bin", "deb/15/bin", "deb/9/bin", "brew/postgresql@16/bin", "brew/postgresql/bin"}
	if !slices.Equal(got, want) {
		t.Errorf("looked at %v, want %v", got, want)
	}
}

func TestPickPrograms(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	install := func(version string) string {
		dir := filepath.Join(root, version)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"postgres", "initdb"} {
			script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
			if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	candidates := []string{filepath.Join(root, "none"), install("17.2"), install("15.18 (Debian 15.18-0+deb12u1)")}
	self := account{name: "the test's own"}

	for made, want := range map[int]int{0: 17, 15: 15, 17: 17} {
		got, err := pickPrograms(t.Context(), candidates, made, self)
		if err != nil || got.major != want {
			t.Errorf("for data of version %d picked %d, %v, want %d", made, got.major, err, want)
		}
	}
	_, err := pickPrograms(t.Context(), candidates, 13, self)
	if err == nil || !strings.Contains(err.Error(), "this machine has Postgres 17 in "+candidates[1]+", Postgres 15 in") {
		t.Errorf("for data of version 13: %v", err)
	}
}

func TestLogFileIsBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := newLog(dir)
	l.max = 1000
	if err := l.begin(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if n, err := l.Write([]byte(strings.Repeat("x", 98) + "\n")); n != 99 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	for _, name := range []string{"postgres.log", "postgres.log.old"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > l.max {
			t.Errorf("%s has %d bytes, want at most %d", name, info.Size(), l.max)
		}
	}
	if got := len(l.Tail()); got > tailMax {
		t.Errorf("the tail has %d bytes, want at most %d", got, tailMax)
	}
}

func TestSocketFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	acc := account{name: "the test's own", uid: os.Getuid(), gid: os.Getgid()}
	if err := makePrivate(t.Context(), dir, acc); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(t.Context(), dir, acc); err != nil {
		t.Errorf("our own folder was refused: %v", err)
	}

	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(t.Context(), dir, acc); err == nil {
		t.Error("a folder that everybody may enter was accepted")
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := makePrivate(t.Context(), link, acc); err == nil {
		t.Error("a link to another folder was accepted")
	}
}
