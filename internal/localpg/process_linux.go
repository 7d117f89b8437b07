package localpg

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent asks the kernel to interrupt the child when we die in whatever way. For Postgres, an interrupt is a
// clean and fast shutdown.
func dieWithParent(attr *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr.Pdeathsig = syscall.SIGINT
	return attr
}

// looksLikePostmaster tells a living Postgres on this data folder from a process that inherited its number, or from a
// dead one that nobody has buried yet. When the system does not let us see, it answers yes: that is the safe mistake.
func looksLikePostmaster(pid int, data string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	comm, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil {
		return !os.IsNotExist(err)
	}
	if name := strings.TrimSpace(string(comm)); name != "postgres" && name != "postmaster" {
		return false
	}
	if stat, err := os.ReadFile(filepath.Join(proc, "stat")); err == nil && strings.Contains(string(stat), ") Z ") {
		return false
	}

	// Postgres enters its data folder before anything else and stays there.
	cwd, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil {
		return true
	}
	want, err := os.Stat(data)
	return err != nil || os.SameFile(cwd, want)
}

// physicalMemory is the machine's, in bytes; 0 when it does not say.
func physicalMemory() uint64 {
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit) //nolint:unconvert // narrower on 32-bit machines
}
