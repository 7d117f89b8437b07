// Package handover lets a new process take over the listening socket of an old one, so that a new version comes without a refused connection. The old one
// starts the program anew, from where it lies on the disk, and hands it the socket; when the new one says that it serves, the old one stops accepting and
// finishes what it has. If the new one does not come up, the old one goes on as if nothing had been. It knows nothing of what is served.
package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// inherited is the variable that tells a process that it succeeds another: it has the socket and the pipe on which it says that it serves.
const (
	inherited  = "PURSER_SUCCEEDS"
	socketFile = 3
	readyFile  = 4
	readyWord  = "serving"
)

// patience is how long a successor may take: it may have migrations to run.
const patience = 5 * time.Minute

// farewell is how long one that is not wanted any more may take to end.
const farewell = 5 * time.Second

// Process is this process, as the next one is to be started. Make it before anything else: the environment is read, and secrets removed from it, later; and a
// program that has been replaced on the disk meanwhile is not found by its own name any more.
type Process struct {
	path        string
	unknown     error // why there is no path
	args        []string
	environment []string
	succeeds    bool
}

// This describes the running process. A mark that it succeeds another is taken from its environment, so that its own children do not find it.
func This(args []string) Process {
	path, err := os.Executable() // a locked-in process may have no way to know
	p := Process{path: path, unknown: err, args: args, succeeds: os.Getenv(inherited) != ""}
	_ = os.Unsetenv(inherited) // fails for names that are none
	p.environment = os.Environ()
	return p
}

// Succeeds tells whether another process has started this one to take over.
func (p Process) Succeeds() bool { return p.succeeds }

// Listen opens a TCP address, or takes the socket of the process that this one succeeds.
func (p Process) Listen(ctx context.Context, address string) (net.Listener, error) {
	if !p.succeeds {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	}
	file := os.NewFile(socketFile, "socket")
	defer file.Close() //nolint:errcheck // the listener has a copy of its own
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("the socket that was handed over: %w", err)
	}
	return listener, nil
}

// Ready says that this process serves: to the one that it succeeds, if any, and to systemd, where that asks (NOTIFY_SOCKET). Call it once.
func (p Process) Ready() error {
	var failed error
	if p.succeeds {
		pipe := os.NewFile(readyFile, "ready")
		_, err := io.WriteString(pipe, readyWord)
		failed = errors.Join(err, pipe.Close())
	}
	return errors.Join(failed, notify("READY=1\nMAINPID="+strconv.Itoa(os.Getpid())))
}

// notify tells systemd something (sd_notify(3)).
func notify(state string) error {
	address := os.Getenv("NOTIFY_SOCKET")
	if address == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("systemd: %w", err)
	}
	_, err = io.WriteString(conn, state)
	return errors.Join(err, conn.Close())
}

// Succeed starts a successor on the listener's socket, waits until it serves, and returns its process id. On an error, or when ctx ends, there is none: it was
// ended, with all that it had started, and this process has the socket for itself.
func (p Process) Succeed(ctx context.Context, listener net.Listener) (pid int, err error) {
	if p.unknown != nil {
		return 0, fmt.Errorf("where this program lies: %w", p.unknown)
	}
	file, err := socketOf(listener)
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // a copy
	read, write, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer read.Close() //nolint:errcheck // read to its end, or given up
	successor := exec.Command(p.path, p.args...)
	successor.Env = append(append([]string{}, p.environment...), inherited+"=1")
	successor.Stdout, successor.Stderr = os.Stdout, os.Stderr
	successor.ExtraFiles = []*os.File{file, write}              // 3 and 4
	successor.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts is ended with it
	err = successor.Start()
	_ = write.Close() // the successor's copy is the only one: the pipe ends with it
	if err != nil {
		return 0, err
	}
	if err := awaitReady(ctx, read); err != nil {
		return 0, errors.Join(err, end(successor))
	}
	go func() { _ = successor.Wait() }() // nobody is left to ask how it ended, but it should leave nothing behind
	return successor.Process.Pid, nil
}

// end ends a process with all that it has started: as servers are asked to, since it may have begun to serve in this very moment, and by force if it does not.
func end(successor *exec.Cmd) error {
	group := -successor.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM)
	force := time.AfterFunc(farewell, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	defer force.Stop()
	err := successor.Wait()
	_ = syscall.Kill(group, syscall.SIGKILL) // what it has left behind
	return err
}

// socketOf is a copy of a listener's descriptor. TCPListener.File would have the socket block for both processes once its number is asked for: our own Accept
// could then be left in the kernel, and whoever closes the listener waits for it.
func socketOf(listener net.Listener) (*os.File, error) {
	socket, ok := listener.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("%T cannot be handed over", listener)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	number, failed := 0, error(nil)
	syscall.ForkLock.RLock() // until it is closed on exec, no other child may be begun
	err = raw.Control(func(fd uintptr) {
		if number, failed = syscall.Dup(int(fd)); failed == nil {
			syscall.CloseOnExec(number)
		}
	})
	syscall.ForkLock.RUnlock()
	if err := errors.Join(err, failed); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(number), "socket"), nil // which leaves it as it is
}

func awaitReady(ctx context.Context, read *os.File) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = read.SetReadDeadline(time.Unix(1, 0)) })()
	word, err := io.ReadAll(io.LimitReader(read, int64(len(readyWord))))
	switch {
	case string(word) == readyWord: // whatever else has happened: it has requests by now
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("the successor does not serve: %w", ctx.Err())
	case err != nil:
		return err
	}
	return errors.New("the successor ended before it served; its log says why")
}
