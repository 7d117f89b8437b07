package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// socketName is what Postgres calls the socket of port 5432. The port is only part of the name: nothing listens.
	socketName = ".s.PGSQL.5432"
	// socketPathMax fits the smallest sun_path in use, macOS's 104 bytes with the closing zero; Linux has 108.
	socketPathMax = 103
)

// chooseSocketDir makes the folder for the socket, private to the account. It is in the home folder unless that path is
// too long for a socket or has characters that settings and connection strings split at.
func chooseSocketDir(ctx context.Context, home string, acc account) (string, error) {
	short := "purser-" + shortHash(home)
	var refused []error
	for _, dir := range []string{filepath.Join(home, "run"), filepath.Join(os.TempDir(), short), filepath.Join("/tmp", short)} {
		if len(filepath.Join(dir, socketName)) > socketPathMax || strings.ContainsAny(dir, `,"'\ `) {
			continue
		}
		if err := makePrivate(ctx, dir, acc); err != nil {
			refused = append(refused, err)
			continue
		}
		return dir, nil
	}
	return "", fmt.Errorf("no folder for the Postgres socket of %s: %w", home, errors.Join(refused...))
}

// makePrivate creates dir, or accepts one that is already as it should be. Whoever can enter it is the superuser of the
// database, and in a shared folder for temporary files anyone can take the name first: then it is refused.
func makePrivate(ctx context.Context, dir string, acc account) error {
	if err := acc.try(ctx, filepath.Dir(dir)); err != nil {
		return fmt.Errorf("account %s may not enter %s: %w", acc.name, filepath.Dir(dir), err)
	}
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return acc.give(dir)
	}
	if !errors.Is(err, os.ErrExist) {
		return err
	}

	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	ours := ok && (int(owner.Uid) == acc.uid || int(owner.Uid) == os.Getuid())
	if !ours || !info.IsDir() || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s is not a folder private to %s", dir, acc.name)
	}
	return acc.give(dir) // again, in case an earlier start died before it could
}

// removeSocketDir clears a folder outside home, which would otherwise stay in a shared place for good. The lock keeps it
// from being taken away under another process that is just starting on the same home.
func (s *Server) removeSocketDir(ctx context.Context) error {
	if filepath.Dir(s.socketDir) == s.home {
		return nil
	}
	unlock, err := lockFolder(ctx, s.home)
	if err != nil {
		return err
	}
	defer unlock()
	_ = os.Remove(s.socketDir) // refused while another server's socket is in it
	return nil
}
