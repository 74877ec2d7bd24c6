package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the small heap of the gateway grow to five times of what is in
// use before it is collected. Whoever sets GOGC knows better.
const gcPercent = 400

func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
