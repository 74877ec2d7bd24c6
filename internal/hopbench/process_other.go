//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNotLinux = errors.New("only Linux tells the CPU time and memory of another process the way that is needed")

// cpuTime needs Linux.
func cpuTime(int) (time.Duration, error) { return 0, errNotLinux }

// memory is how much of a process is in memory, in bytes.
type memory struct{ resident, peak int64 }

func memoryOf(int) (memory, error) { return memory{}, errNotLinux }
