package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"purser/internal/config"
	"purser/internal/handover"
	"purser/internal/httpapi"
	"purser/internal/postgres"
	"purser/internal/tracing"
)

// surroundings are what the server is told and given by the world around it.
type surroundings struct {
	config.Config
	self  handover.Process
	spans *tracing.Tracing
}

// serve runs the server until ctx ends or another process has taken over, and calls ready once it serves. Then it refuses new work, lets requests in
// progress finish, posts what the ledger has taken in, and returns.
func serve(ctx context.Context, c surroundings, db *postgres.DB, log *slog.Logger, ready func(address string)) error {
	listener, err := c.self.Listen(ctx, c.ListenAddr)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // closed before
	address := "http://" + listener.Addr().String()
	publicURL := c.PublicURL
	if publicURL == "" {
		publicURL = address
	}
	all, err := build(ctx, c.Config, db, log, publicURL, c.spans)
	if err != nil {
		return err
	}
	if c.IsProduction() {
		if err := all.operators.RefuseDemo(ctx, all.accounts); err != nil {
			return err
		}
	}

	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	sending, stopSending := context.WithCancel(ctx) // other servers take over while requests are still finishing here
	failed := make(chan error, 3)
	var running sync.WaitGroup
	running.Go(func() { all.hub.Run(background) })
	running.Go(func() { all.ledger.Run(background) })
	running.Go(func() { all.watch.Run(background) })
	running.Go(func() { all.transfers.RunExpiry(background, log) })
	running.Go(func() { all.notes.Run(background, log) })
	running.Go(func() { all.sender.Watch(background) })
	running.Go(func() { housekeep(background, db, all, log) })
	running.Go(func() { all.lookBack.Run(background, log) })
	running.Go(func() { failed <- all.send(sending, c.DrainTimeout) })
	defer running.Wait()
	defer stopBackground()
	defer stopSending()

	if !c.IsProduction() {
		if err := all.operators.SeedDemo(ctx, all.accounts); err != nil {
			return fmt.Errorf("demo people: %w", err)
		}
	}
	door := newDoor(all.api, log)
	go func() { failed <- door.Serve(listener) }()
	stopProfiles := profiles(c.ProfileAddr, c.self.Succeeds(), failed)
	defer stopProfiles()
	succeed := make(chan os.Signal, 1)
	signal.Notify(succeed, syscall.SIGUSR2)
	defer signal.Stop(succeed)
	log.Info("serving", "address", address, "config", c.Redacted())
	ready(address)
	if err := c.self.Ready(); err != nil {
		log.Warn("who started this server does not learn that it serves", "error", err)
	}

	succeeded, err := (&succession{surroundings: c, log: log, listener: listener}).await(ctx, succeed, failed)
	if err != nil {
		return err
	}
	log.Info("stopping: finishing what was begun")
	stopProfiles() // the successor wants its address
	stopSending()
	return door.leave(ctx, c.Config, listener, succeeded)
}

// door is the HTTP server and the number of its connections.
type door struct {
	*http.Server
	api  *httpapi.API
	open atomic.Int64
}

func newDoor(api *httpapi.API, log *slog.Logger) *door {
	d := &door{api: api}
	d.Server = &http.Server{
		Handler: api.Handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute,
		WriteTimeout:   httpapi.AnswerTimeout,
		MaxHeaderBytes: 32 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				d.open.Add(1)
			case http.StateClosed, http.StateHijacked:
				d.open.Add(-1)
			}
		},
	}
	return d
}

// leave ends the server. For a time of grace each answer is the last of its connection: who has an idle one learns in an answer that it closes, and not
// by asking on it in vain. A server that nobody succeeds lets new connections in meanwhile, until the load balancer has seen that it is not ready. Then what
// is in progress has its time to finish.
func (d *door) leave(ctx context.Context, c config.Config, listener net.Listener, succeeded bool) error {
	d.api.Drain(succeeded)
	if succeeded {
		_ = listener.Close() // it has a copy of the socket, and so has all that waits in it
	}
	grace := time.NewTimer(c.Grace(succeeded))
	defer grace.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for waiting := true; waiting; {
		select {
		case <-grace.C:
			waiting = false
		case <-look.C:
			waiting = !succeeded || d.open.Load() > 0
		}
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.DrainTimeout)
	defer cancel()
	if err := d.Shutdown(drain); err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("some requests did not finish in %s: %w", c.DrainTimeout, err)
	}
	return nil
}

// profiles serves Go's profiles, if that is wanted. A successor tries until its predecessor has left the address.
func profiles(address string, patient bool, failed chan<- error) (stop func()) {
	if address == "" {
		return func() {}
	}
	server := httpapi.Profiles(address)
	over := make(chan struct{})
	go func() {
		for {
			err := server.ListenAndServe()
			if !patient || errors.Is(err, http.ErrServerClosed) {
				failed <- err
				return
			}
			select {
			case <-over:
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(over)
		_ = server.Close() // nothing is left to lose
	})
}
