package localpg

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	superuser = "postgres"
	// duplicateDatabase and uniqueViolation are what a loser of two simultaneous CREATE DATABASE may see.
	duplicateDatabase = "42P04"
	uniqueViolation   = "23505"
)

// DSN is the address of a database on this server, for pgx. It stays the same when Postgres is restarted.
func (s *Server) DSN(database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return dsn(s.socketDir, database)
}

func dsn(socketDir, database string) string {
	query := url.Values{"host": {socketDir}, "port": {"5432"}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// EnsureDatabase creates the database if it is absent. Several processes may call it at once.
func (s *Server) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(ctx)

	var present bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&present)
	if err != nil || present {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == duplicateDatabase || e.Code == uniqueViolation) {
		return nil
	}
	return err
}

// ping asks for nothing but an answer.
func (s *Server) ping(ctx context.Context, socketDir string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn(socketDir, "postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// servesFolder checks that whoever answers at the socket works on our data and not on another folder's.
func (s *Server) servesFolder(ctx context.Context, socketDir string) error {
	if socketDir == "" {
		return errors.New("it has no socket yet")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn(socketDir, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)

	var served string
	if err := conn.QueryRow(ctx, "SELECT current_setting('data_directory')").Scan(&served); err != nil {
		return err
	}
	got, err := os.Stat(served)
	if err != nil {
		return err
	}
	want, err := os.Stat(dataDir(s.home))
	if err != nil {
		return err
	}
	if !os.SameFile(got, want) {
		return fmt.Errorf("the Postgres at %s serves %s", socketDir, served)
	}
	return nil
}
