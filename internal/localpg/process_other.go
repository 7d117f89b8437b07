//go:build !linux

package localpg

import (
	"context"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// dieWithParent does nothing where the kernel has no such signal. A Postgres that outlives a killed Purser is found by
// the next start.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr { return attr }

// looksLikePostmaster tells a living Postgres from a process that inherited its number. When ps does not answer, it
// says yes: that is the safe mistake.
func looksLikePostmaster(pid int, _ string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "ps", "-o", "stat=,comm=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return true
	}
	stat, command, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	name := path.Base(strings.TrimSpace(command))
	return !strings.HasPrefix(stat, "Z") && (name == "postgres" || name == "postmaster")
}

// physicalMemory is not known here.
func physicalMemory() uint64 { return 0 }
