package localpg

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	// logMax is the size at which the log becomes postgres.log.old and begins anew, so both stay under twice this.
	logMax = 4 << 20
	// tailMax is how much of the end is kept for error messages.
	tailMax = 4 << 10
)

// logFile is where Postgres writes. It passes through this process so that it can be bounded and quoted.
type logFile struct {
	path string
	max  int64

	mu   sync.Mutex
	file *os.File
	size int64
	tail []byte
}

func newLog(home string) *logFile {
	return &logFile{path: filepath.Join(home, "postgres.log"), max: logMax}
}

// begin readies the log for a new Postgres, whose predecessor may have been another process's with its own rotations.
func (l *logFile) begin() error {
	if err := l.Close(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tail = nil
	return l.open()
}

func (l *logFile) open() error {
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	l.file, l.size = file, info.Size()
	return nil
}

// Write never reports an error: a full disk must not break the pipe that Postgres writes to.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.tail = append(l.tail, p...)
	if extra := len(l.tail) - tailMax; extra > 0 {
		l.tail = append([]byte(nil), l.tail[extra:]...)
	}
	if l.file == nil {
		return len(p), nil
	}
	if l.size+int64(len(p)) > l.max {
		l.rotate()
	}
	if l.file != nil {
		n, _ := l.file.Write(p)
		l.size += int64(n)
	}
	return len(p), nil
}

// rotate leaves the log closed when it cannot begin anew; the bound matters more than the text.
func (l *logFile) rotate() {
	_ = l.file.Close()
	l.file = nil
	if os.Rename(l.path, l.path+".old") == nil {
		_ = l.open()
	}
}

// Tail is the end of what Postgres wrote since its last start.
func (l *logFile) Tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.tail))
}

// Close may be called again; what is written later is dropped.
func (l *logFile) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	return err
}
