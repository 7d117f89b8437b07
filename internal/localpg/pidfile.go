package localpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// running is what a Postgres writes about itself into postmaster.pid.
type running struct {
	pid       int
	socketDir string
}

// findRunning returns the Postgres that serves the folder, or nil when none does. One that is just starting or stopping
// is waited for. The caller holds the folder's lock.
func (s *Server) findRunning(ctx context.Context) (*running, error) {
	for {
		r, ok := readPIDFile(s.home)
		if !ok {
			return nil, nil
		}
		if !alive(r.pid) {
			return nil, nil // Postgres itself deals with the file of a dead one
		}
		if !looksLikePostmaster(r.pid, dataDir(s.home)) {
			return nil, disownPIDFile(s.home)
		}
		err := s.servesFolder(ctx, r.socketDir)
		if err == nil {
			return &r, nil
		}
		if pauseErr := pause(ctx, pollEvery); pauseErr != nil {
			return nil, fmt.Errorf("process %d, a Postgres, holds %s but does not answer: %w", r.pid, dataDir(s.home), err)
		}
	}
}

func pidFilePath(home string) string { return filepath.Join(dataDir(home), "postmaster.pid") }

// readPIDFile reads the file's lines: number, data folder, start time, port, socket folder. One without a
// number counts as none.
func readPIDFile(home string) (running, bool) {
	text, err := os.ReadFile(pidFilePath(home))
	if err != nil {
		return running{}, false
	}
	lines := strings.Split(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 {
		return running{}, false
	}
	r := running{pid: pid}
	if len(lines) > 4 {
		r.socketDir = lines[4]
	}
	return r, true
}

// disownPIDFile is for a number that another program has inherited, as happens after a power cut. Postgres would take
// that program for a rival and refuse to start. Removing the file would also remove the key of the shared memory, the
// second guard against two servers on one folder, so only the number is replaced: by ours, since Postgres knows that
// its own parent is no rival.
func disownPIDFile(home string) error {
	// Opened without creating it: a Postgres that ends at this very moment removes the file, and that is as good.
	file, err := os.OpenFile(pidFilePath(home), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return errors.Join(err, file.Close())
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	text = fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest)
	_, err = file.WriteAt(text, 0)
	return errors.Join(err, file.Truncate(int64(len(text))), file.Close())
}

// alive is true for every process that exists, even when we may not signal it.
func alive(pid int) bool {
	return syscall.Kill(pid, 0) != syscall.ESRCH
}
