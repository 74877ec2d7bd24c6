package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the CPU time, user and system, that a process has used since it
// started, its threads that have ended included. The kernel counts nanoseconds.
func cpuTime(pid int) (time.Duration, error) {
	// clock_getcpuclockid(3): the id of a process's clock is its inverted pid,
	// shifted, and the kind of clock, of which 2 is CPUCLOCK_SCHED.
	clock := int32(^pid<<3 | 2)
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// memory is how much of a process is in memory, in bytes.
type memory struct {
	resident int64 // now
	peak     int64 // the most in its life
}

func memoryOf(pid int) (memory, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return memory{}, err
	}
	var m memory
	for name, value := range map[string]*int64{"VmRSS:": &m.resident, "VmHWM:": &m.peak} {
		if *value, err = kilobytes(status, name); err != nil {
			return memory{}, fmt.Errorf("memory of process %d: %w", pid, err)
		}
	}
	return m, nil
}

// kilobytes finds a line like "VmRSS:	    1720 kB", and returns bytes.
func kilobytes(status []byte, name string) (int64, error) {
	for line := range bytes.Lines(status) {
		if fields := strings.Fields(string(line)); len(fields) == 3 && fields[0] == name {
			n, err := strconv.ParseInt(fields[1], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no line %s", name)
}
