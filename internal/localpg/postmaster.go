package localpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// killAfter is how long a Postgres that was told to drop everything may take before it is killed.
const killAfter = 5 * time.Second

// postmaster is a Postgres that this process started.
type postmaster struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
	err    error         // how it ended; read it after exited
}

// launch starts Postgres and waits until it answers. It tries again while the remains of a killed one still hold the
// shared memory; they notice their parent's death within moments.
func (s *Server) launch(ctx context.Context) (*postmaster, error) {
	for {
		child, err := s.launchOnce(ctx)
		if err == nil {
			return child, nil
		}
		tail := s.output.Tail()
		if !strings.Contains(tail, "still in use") || pause(ctx, 10*pollEvery) != nil {
			return nil, fmt.Errorf("start Postgres %d: %w\nthe end of its log:\n%s", s.programs.major, err, tail)
		}
	}
}

func (s *Server) launchOnce(ctx context.Context) (*postmaster, error) {
	// A home on a system that cleans its temporary files may have lost the folder since we made it.
	if err := makePrivate(ctx, s.socketDir, s.account); err != nil {
		return nil, err
	}
	if err := s.output.begin(); err != nil {
		return nil, fmt.Errorf("open its log: %w", err)
	}
	child, err := spawn(s.command())
	if err != nil {
		return nil, err
	}
	if err := s.waitReady(ctx, child); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killAfter)
		defer cancel()
		_ = child.stop(stopCtx) // the first error says more
		return nil, err
	}
	return child, nil
}

func (s *Server) command() *exec.Cmd {
	args := []string{"-D", dataDir(s.home)}
	settings := s.allSettings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	cmd := exec.Command(s.programs.path("postgres"), args...)
	s.account.dress(cmd, s.home)
	cmd.Stdout, cmd.Stderr = s.output, s.output
	// Sessions of a killed postmaster may hold the pipe a little longer than it lived.
	cmd.WaitDelay = time.Second
	return cmd
}

// allSettings are for one developer's machine: durable like production, quiet, reachable through the socket alone. They
// are given at every start instead of being written to a file, so they always fit the running program.
func (s *Server) allSettings() map[string]string {
	settings := map[string]string{
		"listen_addresses":        "",
		"port":                    "5432",
		"unix_socket_directories": s.socketDir,
		"unix_socket_permissions": "0700",
		"max_connections":         "200",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		"jit":                     "off", // planning for it costs more than our short statements ever win
		"shared_buffers":          sharedBuffers(physicalMemory()),
		"max_wal_size":            "4GB", // a checkpoint makes every page be written to the log whole once more

		// Statements and the details of errors carry phone numbers and the like; the log gets neither.
		"log_min_error_statement": "panic",
		"log_error_verbosity":     "terse",
	}
	maps.Copy(settings, s.settings)
	return settings
}

// spawn starts the program on a thread of its own that lives as long as the program, because the kernel's death signal
// is bound to the thread that started the child, not to the whole process.
func spawn(cmd *exec.Cmd) (*postmaster, error) {
	p := &postmaster{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()

		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *postmaster) pid() int { return p.cmd.Process.Pid }

func (s *Server) waitReady(ctx context.Context, child *postmaster) error {
	for {
		err := s.ping(ctx, s.socketDir)
		if err == nil {
			return nil
		}
		select {
		case <-child.exited:
			return fmt.Errorf("it stopped at once: %w", cmp.Or(child.err, errors.New("exit status 0")))
		case <-ctx.Done():
			return fmt.Errorf("it did not answer: %w", err)
		case <-time.After(pollEvery):
		}
	}
}

// stop asks for a fast shutdown, which disconnects clients and writes everything out. When ctx ends first, Postgres
// drops everything and recovers at its next start: no committed data is lost, only time.
func (p *postmaster) stop(ctx context.Context) error {
	select {
	case <-p.exited:
		return nil // how it ended was known before anyone asked it to
	default:
	}

	p.signal(syscall.SIGINT)
	select {
	case <-p.exited:
		return p.err
	case <-ctx.Done():
	}

	p.signal(syscall.SIGQUIT)
	select {
	case <-p.exited:
	case <-time.After(killAfter):
		p.signal(syscall.SIGKILL)
		<-p.exited
	}
	return fmt.Errorf("no time for a clean shutdown; Postgres will recover at its next start: %w", ctx.Err())
}

// signal does nothing to a process that has already ended.
func (p *postmaster) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }
