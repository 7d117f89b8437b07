package localpg_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"purser/internal/localpg"
)

// asServer makes the test binary a stand-in for a Purser process: it starts Postgres on the named folder and says so.
const asServer = "LOCALPG_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asServer); dir != "" {
		os.Exit(serve(dir))
	}
	os.Exit(m.Run())
}

// serve holds a Postgres until its input ends, then stops it.
func serve(dir string) int {
	s, err := localpg.Start(context.Background(), localpg.Options{DataDir: dir, Settings: fast})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready", s.Owned(), s.DSN("postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	return 0
}

// fast keeps the disk out of the tests that do not pull the plug on Postgres itself.
var fast = map[string]string{"fsync": "off", "full_page_writes": "off"}

// newDir is a folder that root's database account may enter, unlike t.TempDir.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(base(), "localpg-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// base is a file system in memory where there is a roomy one: making a cluster there is several times faster.
func base() string {
	const memory, roomNeeded = "/dev/shm", 1 << 30
	var fs syscall.Statfs_t
	if syscall.Statfs(memory, &fs) == nil && uint64(fs.Bavail)*uint64(fs.Bsize) >= roomNeeded {
		return memory
	}
	return os.TempDir()
}

func start(t *testing.T, dir string) *localpg.Server {
	t.Helper()
	return startWith(t, dir, fast)
}

func startWith(t *testing.T, dir string, settings map[string]string) *localpg.Server {
	t.Helper()
	s, err := localpg.Start(t.Context(), localpg.Options{DataDir: dir, Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *localpg.Server) {
	t.Helper()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// process is another process that has called Start on a folder.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	owned bool
	dsn   string
	once  sync.Once
}

func serveElsewhere(t *testing.T, dir string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), asServer+"="+dir)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stdin: stdin}
	t.Cleanup(func() { p.end(t) })

	line, err := bufio.NewReader(stdout).ReadString('\n')
	var owned bool
	if n, scanErr := fmt.Sscanf(line, "ready %t %s", &owned, &p.dsn); n != 2 {
		t.Errorf("the other process said %q: %v, %v", line, scanErr, err)
	}
	p.owned = owned
	return p
}

// end lets the process stop its Postgres and exit.
func (p *process) end(t *testing.T) {
	t.Helper()
	p.once.Do(func() {
		_ = p.stdin.Close()
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("the other process: %v", err)
		}
	})
}

func (p *process) kill(t *testing.T) {
	t.Helper()
	p.once.Do(func() {
		signal(t, p.cmd.Process.Pid, syscall.SIGKILL)
		_ = p.cmd.Wait()
	})
}

func signal(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		t.Fatal(err)
	}
}

func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

// postmasterPID is the number in postmaster.pid, 0 when there is no such file.
func postmasterPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func execute(t *testing.T, s *localpg.Server, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func socketDir(t *testing.T, s *localpg.Server) string {
	t.Helper()
	config, err := pgx.ParseConfig(s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	return config.Host
}

func queryInt(t *testing.T, s *localpg.Server, sql string) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		sleepless()
	}
}

// sleepless is the pause between two looks at a condition.
func sleepless() { <-time.After(5 * time.Millisecond) }

func mustMkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	matches, err := filepath.Glob(pattern)
	if err != nil {
		t.Error(err)
	}
	return matches
}

// snapshot lists every file with its mode, time and content.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		var text []byte
		if !entry.IsDir() {
			if text, err = os.ReadFile(path); err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s ", info.ModTime())
		}
		_, err = fmt.Fprintf(&b, "%s %v %q\n", path, info.Mode(), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// userOf asks ps, which every Unix has, who runs the process.
func userOf(t *testing.T, pid int) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ps", "-o", "uid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		t.Fatal(err)
	}
	uid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return uid
}

// asOwnerOf makes a command run as the account that owns the path.
func asOwnerOf(t *testing.T, path string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: st.Uid, Gid: st.Gid}}
}
