// Package localpg runs a private Postgres for a machine that has the Postgres programs but no server for us: the one
// behind `go run .` and behind the tests. It owns one folder with the data, the log, the lock and the socket, and
// nothing beside it. It listens on no network, never runs as root, never wipes data and knows nothing of Purser's
// tables. One folder has one Postgres: a second process on the same folder finds the first one's server and shares it,
// and starts its own when that one goes away. Linux and macOS.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// lockTimeout bounds the wait for another process that is starting on the same folder, initdb included.
	lockTimeout = 90 * time.Second
	// readyTimeout bounds the wait for a Postgres to answer, crash recovery included.
	readyTimeout = 30 * time.Second
	// pollEvery is the pause between two looks at something that cannot wake us.
	pollEvery = 20 * time.Millisecond
)

// Options says where the private Postgres lives and how it runs. Only DataDir is required.
type Options struct {
	// DataDir is the folder that holds everything: data/, run/ (the socket), postgres.log and the lock.
	DataDir string
	// BinDir holds postgres and initdb. Empty: $PG_BIN, then PATH, then the usual places of each system.
	BinDir string
	// Settings are extra Postgres settings, such as fsync=off for tests. They win over the built-in ones.
	Settings map[string]string
	// Log hears what was started, found or moved; nil is silence.
	Log *slog.Logger
}

// Server is a Postgres that this process started, or found running on the same folder.
type Server struct {
	home      string
	account   account
	programs  programs
	settings  map[string]string
	socketDir string
	output    *logFile
	log       *slog.Logger

	stopKeeping context.CancelFunc
	keeping     sync.WaitGroup

	mu    sync.Mutex
	child *postmaster // nil while the Postgres in use belongs to another process
	pid   int         // of the Postgres in use, ours or not
}

// Start returns when Postgres answers. The folder is created on first use; an existing one is reused, or refused with
// its data untouched when another major version made it. A Postgres that already serves the folder is shared.
// Cancelling ctx gives up the start; it does not stop a server that has started.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.bringUp(ctx); err != nil {
		_ = s.removeSocketDir(ctx) // the first error says more
		return nil, errors.Join(err, s.output.Close())
	}

	keepCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.stopKeeping = cancel
	s.keeping.Go(func() { s.keepUp(keepCtx) })
	return s, nil
}

// Owned is false while the Postgres in use was started by another process. It turns true when that process goes away
// and this one has taken over.
func (s *Server) Owned() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child != nil
}

// Dir is the folder really in use. It differs from Options.DataDir when root's database account may not enter that one.
func (s *Server) Dir() string { return s.home }

// Stop shuts Postgres down cleanly if this process owns it: clients are disconnected and the data is left ready for a
// start without recovery. When ctx ends first, Postgres is told to drop everything and an error says so. A found server
// keeps running. Stop may be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.stopKeeping()
	s.keeping.Wait()

	s.mu.Lock()
	child := s.child
	s.mu.Unlock()

	var err error
	if child != nil {
		err = errors.Join(child.stop(ctx), s.removeSocketDir(ctx))
	}
	return errors.Join(err, s.output.Close())
}

// prepare settles who runs which programs in which folder. It starts nothing and writes no data.
func prepare(ctx context.Context, o Options) (*Server, error) {
	if o.DataDir == "" {
		return nil, errors.New("localpg: no data folder given")
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}

	home, acc, err := settle(ctx, o.DataDir, log)
	if err != nil {
		return nil, err
	}
	made, err := dataVersion(home)
	if err != nil {
		return nil, err
	}
	progs, err := findPrograms(ctx, o.BinDir, made, acc)
	if err != nil {
		return nil, explainVersion(err, home)
	}
	socketDir, err := chooseSocketDir(ctx, home, acc)
	if err != nil {
		return nil, err
	}
	return &Server{
		home: home, account: acc, programs: progs, settings: o.Settings,
		socketDir: socketDir, output: newLog(home), log: log,
	}, nil
}

// bringUp leaves a Postgres answering on the folder: found or started. The lock makes simultaneous starters line up,
// so that the first one starts it and the others find it.
func (s *Server) bringUp(ctx context.Context) error {
	unlock, err := lockFolder(ctx, s.home)
	if err != nil {
		return err
	}
	defer unlock()

	if err := s.createData(ctx); err != nil {
		return err
	}

	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()

	found, err := s.findRunning(ctx)
	if err != nil {
		return err
	}
	if found != nil {
		s.use(nil, found.pid, found.socketDir)
		s.log.Info("sharing the Postgres that already serves this folder", "dir", s.home, "pid", found.pid)
		return nil
	}

	child, err := s.launch(ctx)
	if err != nil {
		return err
	}
	s.use(child, child.pid(), s.socketDir)
	s.log.Info("started a private Postgres", "dir", s.home, "version", s.programs.major, "pid", child.pid())
	return nil
}

func (s *Server) use(child *postmaster, pid int, socketDir string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.child, s.pid, s.socketDir = child, pid, socketDir
}

// pause waits a moment between two looks, or returns why there is no time left.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// explainVersion adds the folder to a version mismatch, which programs.go cannot know.
func explainVersion(err error, home string) error {
	mismatch, ok := errors.AsType[*versionError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("the data in %s was made by Postgres %d, but %w; nothing was changed. Install Postgres %d, "+
		"upgrade the data with pg_upgrade, or choose another DATA_DIR to begin with an empty database",
		home, mismatch.made, err, mismatch.made)
}
