package pgtest

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

const (
	prefix = "purser-pgtest-"
	// roomNeeded is what a memory file system must have free: some 60 MB for the server, 10 MB for each database that a
	// test is using.
	roomNeeded = 1 << 30
	// ownerFile is locked as long as the process lives that the folder belongs to.
	ownerFile = "owner"
)

// janitor waits until its input ends, which the system makes sure of however the test process dies. Then it stops the
// Postgres where the kernel has not, and removes the folder.
const janitor = `
cat >/dev/null
pid="$1/data/postmaster.pid"
[ ! -e "$pid" ] || kill -INT "$(head -n 1 "$pid")"
n=0
while [ -e "$pid" ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n + 1)); done
rm -rf "$1"
`

// folder holds the test server. It is removed when the process ends, even by a panic, os.Exit or SIGKILL.
type folder struct {
	path    string
	owner   *os.File
	janitor *exec.Cmd
	stdin   io.Closer
}

func newFolder() (*folder, error) {
	for _, base := range bases() {
		sweepFolders(base)
	}
	path, err := os.MkdirTemp(bases()[0], prefix)
	if err != nil {
		return nil, err
	}
	f := &folder{path: path}
	if err := errors.Join(f.open(), f.hireJanitor()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return f, nil
}

// bases are the places for the folder, the best first: in memory a database is copied some twenty times faster.
func bases() []string {
	var fs syscall.Statfs_t
	if syscall.Statfs(memory, &fs) == nil && uint64(fs.Bavail)*uint64(fs.Bsize) >= roomNeeded {
		return []string{memory, os.TempDir()}
	}
	return []string{os.TempDir()}
}

// memory is Linux's file system for shared memory; elsewhere there is no such path.
const memory = "/dev/shm"

// open lets Postgres's account in and marks the folder as ours. The lock is taken before the file has its name, so that
// nobody sees it unlocked while we live.
func (f *folder) open() error {
	if err := os.Chmod(f.path, 0o755); err != nil {
		return err
	}
	var err error
	if f.owner, err = os.CreateTemp(f.path, ownerFile); err != nil {
		return err
	}
	if err := syscall.Flock(int(f.owner.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	return os.Rename(f.owner.Name(), filepath.Join(f.path, ownerFile))
}

func (f *folder) hireJanitor() error {
	f.janitor = exec.Command("/bin/sh", "-c", janitor, "janitor", f.path)
	f.janitor.Dir = "/"
	f.janitor.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for the tests
	var err error
	if f.stdin, err = f.janitor.StdinPipe(); err != nil {
		return err
	}
	return f.janitor.Start()
}

// remove sends the janitor to work and waits for it.
func (f *folder) remove() error {
	return errors.Join(f.stdin.Close(), f.janitor.Wait(), f.owner.Close())
}

// sweepFolders removes what dead processes left without their janitor, as after a power cut. It looks only at folders
// whose owner is surely gone, and failing is harmless.
func sweepFolders(base string) {
	owners, err := filepath.Glob(filepath.Join(base, prefix+"*", ownerFile))
	if err != nil {
		return
	}
	for _, owner := range owners {
		file, err := os.OpenFile(owner, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(owner))
		}
		_ = file.Close()
	}
}
