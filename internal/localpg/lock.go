package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder waits until this process alone may create or start the Postgres of the folder. The system drops the lock
// when the process dies, so it cannot be left behind.
func lockFolder(ctx context.Context, home string) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()

	file, err := os.OpenFile(filepath.Join(home, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock the data folder: %w", err), file.Close())
		}
		if err := pause(ctx, pollEvery); err != nil {
			return nil, errors.Join(fmt.Errorf("another process has been starting on %s for too long: %w", home, err), file.Close())
		}
	}
}
