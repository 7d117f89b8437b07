package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// account is the user of the machine that Postgres runs as. Postgres refuses root, so root lends it another one.
type account struct {
	name     string
	uid, gid int
	lent     bool // this process is root and hands its children to the account
}

// chooseAccount picks who runs Postgres: ourselves, or, as root, the owner of the data that is already there, else the
// account that the Postgres packages made, else nobody.
func chooseAccount(ctx context.Context, data string) (account, error) {
	if os.Getuid() != 0 {
		return account{name: strconv.Itoa(os.Getuid()), uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	acc, err := accountForRoot(data)
	if err != nil {
		return account{}, err
	}
	if err := acc.try(ctx, "/"); err != nil {
		return account{}, fmt.Errorf("root cannot run Postgres itself, and running it as %q failed: %w", acc.name, err)
	}
	return acc, nil
}

func accountForRoot(data string) (account, error) {
	if info, err := os.Stat(data); err == nil {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Uid != 0 {
			return account{name: strconv.Itoa(int(st.Uid)), uid: int(st.Uid), gid: int(st.Gid), lent: true}, nil
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid != 0 {
			return account{name: name, uid: uid, gid: gid, lent: true}, nil
		}
	}
	return account{}, errors.New("root cannot run Postgres, and this machine has neither a postgres nor a nobody account")
}

// give hands a file that we made to the account.
func (a account) give(path string) error {
	if !a.lent {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// try runs an empty script in dir. The child changes folder after it has become the account, so this asks the system
// itself, access lists included, whether the account may enter.
func (a account) try(ctx context.Context, dir string) error {
	_, err := a.run(ctx, dir, "/bin/sh", "-c", ":")
	return err
}

// run waits for a short program and returns what it printed.
func (a account) run(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	a.dress(cmd, dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second

	// The death signal is tied to the thread that starts the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// dress makes a command run as the account, in its own process group so that Ctrl-C reaches only Purser, and with an
// environment of our choosing: neither PGDATA and friends nor Purser's secrets belong there.
func (a account) dress(cmd *exec.Cmd, dir string) {
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Setpgid: true})
	if a.lent {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}
