package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// What a release is built with: go build -ldflags "-X main.released=v1.2.3". The commit
// and its time, in the form of RFC 3339, are only needed where Go cannot see the
// repository, as in the build of an image.
var released, commit, commitTime string

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

// build is what the program was made of, as JSON shows it. What is not known is left out.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	// Time is that of the commit: builds are reproducible, so there is no other.
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"` // there were changes that are not in the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func readBuild() build {
	b := build{Version: version(), Commit: commit, Time: commitTime, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok || commit != "" {
		return b
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

// run shows the version.
func (c *versionConfig) run(stdout io.Writer) error {
	if !c.JSON {
		_, err := fmt.Fprintln(stdout, "portone-gateway", version())
		return err
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(readBuild())
}
