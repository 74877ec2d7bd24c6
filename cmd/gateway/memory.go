package main

import (
	"errors"
	"log/slog"
	"math"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// heapShare is how much of the memory limit of its cgroup the process lets Go use. The
// rest is for what Go does not count, and for probes, which are processes too.
const heapShare = 0.9

// What a gateway needs, in bytes; docs/operations.md has the figures.
const (
	idleMemory = 40 << 20
	callMemory = 35 << 10 // by REST; by gRPC it is less
)

// fewestInFlight is the least that --max-in-flight becomes by itself.
const fewestInFlight = 256

// limitMemory lets Go collect garbage before the memory limit of the process' cgroup is
// reached, unless GOMEMLIMIT is set. It returns what Go may use, in bytes, or 0 if that
// is not limited.
func limitMemory(logger *slog.Logger) int64 {
	limit, err := memlimit.Set(memlimit.WithRatio(heapShare))
	if err != nil && !errors.Is(err, memlimit.ErrNoCgroup) && !errors.Is(err, memlimit.ErrCgroupsNotSupported) {
		logger.Warn("the memory limit of this process cannot be read; set GOMEMLIMIT, if there is one", "problem", err.Error())
	}
	if limit == math.MaxInt64 {
		return 0
	}
	return limit
}

// fitInFlight lowers --max-in-flight to what memory has room for, where it is not given.
// A quarter is left for answers that are large.
func (c *serveConfig) fitInFlight(memory int64) {
	if c.maxInFlightGiven || memory == 0 {
		return
	}
	fits := (memory - idleMemory) / 4 * 3 / callMemory
	c.MaxInFlight = min(c.MaxInFlight, max(fewestInFlight, int(fits)))
}
