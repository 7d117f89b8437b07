package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheServerNeedsNothingOfItsContainer runs the program as the image does: alone in a root where nobody may write, as a user without a name or rights, with
// the settings of compose.yml. There is no shell, no C library, no list of users, time zones or authorities.
func TestTheServerNeedsNothingOfItsContainer(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	root := emptyRoot(t, path)
	sockets := filepath.Join(root, "run") // of the database
	if err := os.Mkdir(sockets, 0o755); err != nil {
		t.Fatal(err)
	}
	dsn := newTapIn(t, withDemo(t), sockets).dsn
	command := exec.Command(filepath.Join(root, "purser"))
	command.Dir = root
	if os.Geteuid() == 0 { // nobody else may give a process another root
		command, dsn = exec.Command("/purser"), strings.Replace(dsn, sockets, "/run", 1)
		command.Dir = "/"
		command.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	}
	command.Env = []string{"APP_ENV=development", "DATABASE_URL=" + dsn, "LISTEN_ADDR=127.0.0.1:0", "PUBLIC_URL=http://localhost:8080"}
	if err := os.Chmod(filepath.Join(sockets, ".s.PGSQL.5432"), 0o777); err != nil {
		t.Fatal(err)
	}
	out := &syncBuffer{}
	command.Stdout, command.Stderr = out, out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	url := ""
	for deadline := time.Now().Add(patience); url == ""; <-time.After(20 * time.Millisecond) {
		if found := servingAt.FindStringSubmatch(out.String()); found != nil {
			url = found[1]
		}
		if time.Now().After(deadline) || len(ended) > 0 {
			t.Fatalf("it does not serve:\n%s", out)
		}
	}
	c := &client{t: t, url: url, told: &told{}}
	anna := c.anna()
	if number, _ := anna.wallet("Z"); number == "" {
		t.Error("anna has no wallet")
	}
	const hours = `mutation { setQuietHours(input: {quietHours: {from: "22:00", to: "07:00", timeZone: "Asia/Vladivostok"}}) { userErrors { code } } }`
	if text := anna.answer(hours, nil); !strings.Contains(text, `"userErrors":[]`) {
		t.Errorf("a time zone: %s", text)
	}
	for _, page := range []string{"/", "/readyz", "/playground/"} {
		if status, _, text := c.raw("GET", page, ""); status != http.StatusOK {
			t.Errorf("%s: %d %.200s", page, status, text)
		}
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v:\n%s", err, out)
	}
	left, err := os.ReadDir(root)
	if err != nil || len(left) != 2 {
		t.Errorf("it wrote %v, %v", left, err)
	}
}

// emptyRoot is a folder with the program alone, in which root alone may write.
func emptyRoot(t *testing.T, program string) string {
	t.Helper()
	root, err := os.MkdirTemp("", "purser-root-*") // those of t.TempDir are nobody else's to look into
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(program)
	if err == nil {
		err = os.WriteFile(filepath.Join(root, "purser"), text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return root
}
