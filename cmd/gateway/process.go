package main

import (
	"os"
	"runtime/debug"
)

// released is the version, set when a release is built:
// go build -ldflags "-X main.released=v1.2.3".
var released string

// version is that of the release, or what Go knows of the build.
func version() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return "devel"
}

// gcPercent lets the small heap of the gateway grow to five times of what is in
// use before it is collected. Whoever sets GOGC knows better.
const gcPercent = 400

func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
