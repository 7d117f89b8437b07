package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// installed is the program on a disk of its own, where a new version can replace it, and the process that serves at the moment.
type installed struct {
	t         *testing.T
	path, log string
	url       string
	pid       int
	told      *told // by their clients
}

var successorPID = regexp.MustCompile(`msg="a successor serves" pid=(\d+)`)

// install puts the program in a folder and starts it.
func install(t *testing.T, dsn string, settings ...string) *installed {
	t.Helper()
	dir := t.TempDir()
	i := &installed{t: t, told: &told{}, path: filepath.Join(dir, "purser"), log: filepath.Join(dir, "log")}
	i.replace(i.binary())
	log, err := os.Create(i.log) // a file: all successors write there, and nobody waits for its end
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command(i.path)
	command.Env = append(append(os.Environ(), "DATABASE_URL="+dsn, "LISTEN_ADDR=127.0.0.1:0", "DATABASE_MAX_CONNS=10", "LOG_LEVEL=debug"), settings...)
	page, err := os.Create(i.log + ".page") // which shows the demo's passwords, and is no log
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	command.Stdout, command.Stderr = page, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = command.Wait() }()
	i.pid = command.Process.Pid
	t.Cleanup(func() {
		_ = syscall.Kill(i.pid, syscall.SIGTERM)
		i.awaitGone(i.pid)
		if leaks := i.told.leaks(i.logged()); len(leaks) > 0 {
			t.Errorf("the log holds %v", leaks)
		}
		if t.Failed() {
			t.Logf("the servers' log ends with:\n%s", i.logged()[max(0, len(i.logged())-5000):])
		}
	})
	i.until("it serves", func() bool {
		shown, _ := os.ReadFile(i.log + ".page")
		if found := servingAt.FindStringSubmatch(string(shown)); found != nil {
			i.url = found[1]
		}
		return i.url != ""
	})
	return i
}

func (i *installed) binary() string {
	i.t.Helper()
	path, err := binary()
	if err != nil {
		i.t.Fatal(err)
	}
	return path
}

// replace puts another version in the program's place. It is another program that writes it: a file that this process has open for writing while it starts
// another one cannot be run.
func (i *installed) replace(program string) {
	i.t.Helper()
	if out, err := exec.Command("cp", program, i.path+".new").CombinedOutput(); err != nil {
		i.t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Rename(i.path+".new", i.path); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installed) logged() string {
	text, _ := os.ReadFile(i.log)
	return string(text)
}

func (i *installed) until(what string, is func() bool) {
	i.t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			i.t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func (i *installed) awaitGone(pid int) {
	i.until(fmt.Sprintf("process %d is gone", pid), func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // a dead child of a dead parent may wait for somebody to notice
		return err != nil || strings.Contains(string(state), ") Z ")
	})
}

// reload asks for a successor and waits until the one before is gone.
func (i *installed) reload() {
	i.t.Helper()
	old, before := i.pid, len(successorPID.FindAllString(i.logged(), -1))
	if err := syscall.Kill(old, syscall.SIGUSR2); err != nil {
		i.t.Fatal(err)
	}
	i.until("a successor serves", func() bool {
		found := successorPID.FindAllStringSubmatch(i.logged(), -1)
		if len(found) > before {
			i.pid, _ = strconv.Atoi(found[before][1])
		}
		return len(found) > before
	})
	i.awaitGone(old)
}

// keptConnection keeps one connection and asks on it. It repeats nothing, and neither does net/http, which cannot read its bodies a second time.
type keptConnection struct {
	url, token string
	transport  *http.Transport
	events     bool // answers are to come as server-sent events
}

func (a *keptConnection) ask(query string, variables vars) (text string, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, a.url+"/graphql", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		return "", err
	}
	request.ContentLength = int64(len(body))
	request.Header.Set("Content-Type", asJSON)
	request.Header.Set("Authorization", "Bearer "+a.token)
	if a.events {
		request.Header.Set("Accept", "text/event-stream")
	}
	response, err := a.transport.RoundTrip(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d", response.StatusCode)
	}
	return string(answer), err
}

// load asks without a pause, or with one, until it is stopped; what fails is an error of the test. It counts the transfers that were made.
type load struct {
	asked, made, failed atomic.Int64
	over                chan struct{}
	crowd               sync.WaitGroup
}

func (l *load) begin(t *testing.T, c *client, events bool, pause time.Duration, request func() (query string, variables vars, want string)) {
	l.crowd.Go(func() {
		a := &keptConnection{url: c.url, token: c.token, transport: &http.Transport{MaxIdleConnsPerHost: 1}, events: events}
		defer a.transport.CloseIdleConnections()
		for {
			query, variables, want := request()
			text, err := a.ask(query, variables)
			l.asked.Add(1)
			if err != nil || !strings.Contains(text, want) {
				if l.failed.Add(1) < 5 {
					t.Errorf("a request failed: %v %.300s", err, text)
				}
			} else if variables != nil {
				l.made.Add(1)
			}
			select {
			case <-l.over:
				return
			case <-time.After(pause):
			}
		}
	})
}

// TestTwoRestartsUnderLoadFailNoRequest has a new version take over twice while people ask and pay on connections they keep, and an app listens: no request
// fails, none is repeated, every payment was made once, and the app hears everything once.
func TestTwoRestartsUnderLoadFailNoRequest(t *testing.T) {
	t.Parallel()
	dsn := withDemo(t)
	i := install(t, dsn, "DRAIN_GRACE=2s", "MAX_SOCKETS_PER_SESSION=20")
	c := &client{t: t, url: i.url, told: i.told}
	anna, boris := c.anna(), c.boris()
	annaWallet, _ := anna.wallet("P")
	borisWallet, _ := boris.wallet("P")
	anna.allowWithoutCode("P", "1000000", "+79000000002")
	listening, streaming := boris.subscribe(t, "ws"), boris.subscribe(t, "sse")

	l := &load{over: make(chan struct{})}
	for _, pause := range []time.Duration{0, 0, 10 * time.Millisecond, 50 * time.Millisecond, 300 * time.Millisecond, time.Second} {
		l.begin(t, anna, false, pause, func() (string, vars, string) {
			return createTransfer, vars{"from": annaWallet, "to": borisWallet, "amount": "1", "key": newKey()}, `"COMPLETED"`
		})
		for _, events := range []bool{false, true} {
			l.begin(t, boris, events, pause, func() (string, vars, string) {
				return `{ viewer { wallets { number balance { amount } } } }`, nil, `"number"`
			})
		}
	}
	opener := &keptConnection{url: c.url, token: boris.token, transport: &http.Transport{}}
	var opened []string
	open := func(times int) {
		for range times {
			name := fmt.Sprint("wallet ", len(opened))
			if text, err := opener.ask(`mutation($n: String) { openWallet(input: {currency: "Z", name: $n}) { wallet { name } } }`, vars{"n": name}); err != nil || !strings.Contains(text, name) {
				t.Errorf("%v %s", err, text)
			}
			opened = append(opened, name)
		}
	}
	watched := make(chan struct{})
	go func() { // a load balancer, on a connection that it keeps: whoever answers is ready
		defer close(watched)
		for {
			response, err := http.Get(c.url + "/readyz")
			if err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("it is not ready: %+v, %v", response, err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			select {
			case <-l.over:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	first := i.pid
	open(2)
	for range 2 {
		i.replace(i.binary())
		before, done := l.asked.Load(), make(chan struct{})
		go func() {
			defer close(done)
			i.reload()
		}()
		for restarting := true; restarting; {
			open(1)
			select {
			case <-done:
				restarting = false
			case <-time.After(300 * time.Millisecond):
			}
		}
		open(2)
		i.until("people ask on", func() bool { return l.asked.Load() > before+100 })
	}
	close(l.over)
	l.crowd.Wait()
	<-watched
	if i.pid == first || l.failed.Load() > 0 {
		t.Errorf("%d of %d requests failed", l.failed.Load(), l.asked.Load())
	}
	for _, code := range append(listening.hears(opened...), 0) {
		if code != 0 && code != 1001 {
			t.Errorf("the app's socket was closed with %d", code)
		}
	}
	if streaming.hears(opened...); streaming.again < 2 {
		t.Errorf("the app's stream began anew %d times", streaming.again)
	}
	if _, after := anna.wallet("P"); !acknowledged(after, int(l.made.Load())) || l.made.Load() == 0 {
		t.Errorf("%d transfers were made, and anna has %s", l.made.Load(), after)
	}
	check(t, dsn)
	t.Logf("%d requests, %d of them transfers, and %d events", l.asked.Load(), l.made.Load(), len(opened))
}

// TestAServerGoesOnWhenNobodySucceedsIt has the next version be one that does not start.
func TestAServerGoesOnWhenNobodySucceedsIt(t *testing.T) {
	t.Parallel()
	i := install(t, withDemo(t), "DRAIN_GRACE=1s")
	for range 2 { // it may try as often as it is asked
		before := strings.Count(i.logged(), "there is no successor; this server goes on")
		i.replace("/bin/false")
		if err := syscall.Kill(i.pid, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		i.until("it says that nobody came", func() bool {
			return strings.Count(i.logged(), "there is no successor; this server goes on") > before
		})
		if status, _, text := (&client{t: t, url: i.url, told: i.told}).raw("GET", "/readyz", ""); status != http.StatusOK {
			t.Errorf("it is not ready: %d %s", status, text)
		}
	}
	i.replace(i.binary())
	i.reload()
	if status, _, text := (&client{t: t, url: i.url, told: i.told}).raw("GET", "/readyz", ""); status != http.StatusOK {
		t.Errorf("the successor is not ready: %d %s", status, text)
	}
}

// TestASuccessorThatHangsGivesWayToTheNext has a new version start that never serves, and has started something itself: the next one is tried at once, and a
// stop does not wait either. Nothing of what hung is left.
func TestASuccessorThatHangsGivesWayToTheNext(t *testing.T) {
	t.Parallel()
	i := install(t, withDemo(t), "DRAIN_GRACE=1s")
	hang := func() (children []int) {
		t.Helper()
		mark := filepath.Join(t.TempDir(), "pids")
		script := filepath.Join(t.TempDir(), "hangs")
		if err := os.WriteFile(script, []byte("#!/bin/sh\ntrap '' TERM\nsleep 1000 & echo $$ $! > "+mark+".new; mv "+mark+".new "+mark+"\nwhile :; do wait; sleep 1; done\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		i.replace(script)
		if err := syscall.Kill(i.pid, syscall.SIGUSR2); err != nil {
			t.Fatal(err)
		}
		i.until("it hangs", func() bool {
			said, _ := os.ReadFile(mark)
			for word := range strings.FieldsSeq(string(said)) {
				pid, _ := strconv.Atoi(word)
				children = append(children, pid)
			}
			return len(children) > 0
		})
		return children
	}
	for _, ends := range []func(){
		func() { i.replace(i.binary()); i.reload() },
		func() {
			if err := syscall.Kill(i.pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			i.awaitGone(i.pid)
		},
	} {
		hung := hang()
		if status, _, text := (&client{t: t, url: i.url, told: i.told}).raw("GET", "/readyz", ""); status != http.StatusOK {
			t.Errorf("it is not ready while it waits: %d %s", status, text)
		}
		ends()
		for _, pid := range hung {
			i.awaitGone(pid)
		}
	}
}
