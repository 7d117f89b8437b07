package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const tick = 10 * time.Millisecond // of /proc

// postgresCPU is what all processes of the private Postgres have used, those that ended included.
func (w *world) postgresCPU() time.Duration {
	text, err := os.ReadFile(filepath.Join(w.server.Dir(), "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	postmaster, _ := strconv.Atoi(string(first))
	total := cpuWithChildren(postmaster)
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range all {
		if fields := statFields(path); len(fields) > 1 && fields[1] == strconv.Itoa(postmaster) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			total += cpuOf(pid)
		}
	}
	return total
}

// cpuOf is the CPU time of a process, of this one for 0.
func cpuOf(pid int) time.Duration { return ticks(statFields(procPath(pid, "stat")), 11, 12) }

func cpuWithChildren(pid int) time.Duration {
	return ticks(statFields(procPath(pid, "stat")), 11, 12, 13, 14)
}

// residentBytes is the memory that a process has in use, of this one for 0.
func residentBytes(pid int) int64 {
	text, err := os.ReadFile(procPath(pid, "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func procPath(pid int, file string) string {
	name := "self"
	if pid != 0 {
		name = strconv.Itoa(pid)
	}
	return filepath.Join("/proc", name, file)
}

// statFields are the fields of a stat file behind the name of the program: state, parent, …
func statFields(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.Fields(rest)
}

func ticks(fields []string, at ...int) (total time.Duration) {
	for _, i := range at {
		if i < len(fields) {
			n, _ := strconv.ParseInt(fields[i], 10, 64)
			total += time.Duration(n) * tick
		}
	}
	return total
}
