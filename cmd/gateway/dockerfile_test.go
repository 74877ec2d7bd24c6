package main

import (
	"debug/elf"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module, seen from this one.
const root = "../.."

// dockerfile is the Dockerfile as instructions: comments gone, lines joined.
func dockerfile(t *testing.T) (instructions [][2]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	joined := strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", "")
	for line := range strings.Lines(joined) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			instructions = append(instructions, [2]string{name, rest})
		}
	}
	return instructions
}

// TestDockerfile holds what the image sets against the program's own flags.
func TestDockerfile(t *testing.T) {
	known := make(map[string]string) // defaults by variable
	for name, flag := range serveFlags(t) {
		known[envOf(name)] = flag.Default
	}
	env := make(map[string]string)
	last := make(map[string]string)
	for _, i := range dockerfile(t) {
		last[i[0]] = i[1]
		if i[0] != "ENV" {
			continue
		}
		for _, setting := range strings.Fields(i[1]) {
			name, value, ok := strings.Cut(setting, "=")
			if _, isFlag := known[name]; !ok || !isFlag {
				t.Errorf("ENV %s: there is no such setting", setting)
			}
			env[name] = value
		}
	}
	if len(env) == 0 {
		t.Error("no ENV found")
	}
	ports := strings.Fields(last["EXPOSE"])
	for _, name := range []string{"PORTONE_GATEWAY_GRPC_ADDR", "PORTONE_GATEWAY_HTTP_ADDR"} {
		host, port, _ := strings.Cut(env[name], ":")
		if host != "0.0.0.0" || !strings.HasSuffix(known[name], ":"+port) || !slices.Contains(ports, port) {
			t.Errorf("%s=%s with EXPOSE %s: nobody outside can call at the usual port", name, env[name], ports)
		}
	}
	if !strings.HasPrefix(env["PORTONE_GATEWAY_ADMIN_ADDR"], "127.0.0.1:") {
		t.Errorf("PORTONE_GATEWAY_ADMIN_ADDR=%s: profiles are for everybody", env["PORTONE_GATEWAY_ADMIN_ADDR"])
	}
	if user, _, _ := strings.Cut(last["USER"], ":"); !regexp.MustCompile(`^[1-9][0-9]*$`).MatchString(user) {
		t.Errorf("USER %s: Kubernetes cannot tell that it is not root", last["USER"])
	}
	_, command, _ := strings.Cut(last["HEALTHCHECK"], "CMD ")
	var check, entry []string
	if err := json.Unmarshal([]byte(command), &check); err != nil {
		t.Errorf("HEALTHCHECK %s: %v; there is no shell", last["HEALTHCHECK"], err)
	}
	if err := json.Unmarshal([]byte(last["ENTRYPOINT"]), &entry); err != nil {
		t.Errorf("ENTRYPOINT %s: %v; there is no shell", last["ENTRYPOINT"], err)
	}
	if !slices.Equal(check, append(entry, "healthcheck")) {
		t.Errorf("HEALTHCHECK runs %q, the entry is %q", check, entry)
	}
}

// goLine is the line of go.mod with the language's version.
var goLine = regexp.MustCompile(`(?m)^go ([0-9]+\.[0-9]+)`)

// TestDockerfileGo: the image is built with the Go that the module asks for.
func TestDockerfileGo(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	want := "golang:" + goLine.FindStringSubmatch(string(text))[1]
	for _, i := range dockerfile(t) {
		if i[0] == "ARG" && strings.Contains(i[1], "golang:") {
			if !strings.Contains(i[1], want+"-") {
				t.Errorf("ARG %s, go.mod asks for %s", i[1], want)
			}
			return
		}
	}
	t.Error("nothing is built with golang")
}

// TestDockerBuild runs the Dockerfile's go build on a copy of what .dockerignore
// lets through, and looks at the binary: it must run without any library.
func TestDockerBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program: not in short mode")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the binary is for Linux")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go command")
	}
	var command string
	for _, i := range dockerfile(t) {
		if _, build, ok := strings.Cut(i[1], "CGO_ENABLED=0"); ok && i[0] == "RUN" {
			command = "CGO_ENABLED=0" + build
		}
	}
	if !strings.Contains(command, "go build -trimpath") || !strings.Contains(command, "-o /out/gateway") {
		t.Fatalf("the Dockerfile builds by %q", command)
	}
	source, binary := t.TempDir(), filepath.Join(t.TempDir(), "gateway")
	copyContext(t, source)
	compile := exec.Command("sh", "-ec", strings.Replace(command, "/out/gateway", binary, 1))
	compile.Dir = source
	compile.Env = append(os.Environ(), "VERSION=v1.2.3", "COMMIT=abc123", "COMMIT_TIME=2026-01-02T03:04:05Z", "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "GOWORK=off", "GOFLAGS=-mod=readonly")
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	if err != nil || len(libraries) > 0 || slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Errorf("the binary is not static: it needs %q, %v", libraries, err)
	}
	if out, err := exec.Command(binary, "version").CombinedOutput(); err != nil || string(out) != "portone-gateway v1.2.3\n" {
		t.Errorf("gateway version: %v, %q", err, out)
	}
	out, err := exec.Command(binary, "version", "--json").CombinedOutput()
	var shown build
	if err != nil || json.Unmarshal(out, &shown) != nil || shown.Commit != "abc123" || shown.Time != "2026-01-02T03:04:05Z" {
		t.Errorf("gateway version --json: %v, %s", err, out)
	}
}

// copyContext copies the files of the module that .dockerignore lets through, and
// checks that they are few.
func copyContext(t *testing.T, to string) {
	t.Helper()
	ignored := dockerignore(t)
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || name == ".":
			return err
		case ignored(name) && entry.IsDir():
			return fs.SkipDir
		case ignored(name):
			return nil
		case entry.IsDir():
			return os.Mkdir(filepath.Join(to, name), 0o700)
		}
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, ".") {
			t.Errorf(".dockerignore lets %s through", name)
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dockerignore reads .dockerignore by Docker's rules, as far as it uses them: the
// last pattern that fits a name, or a folder above it, decides; ** is any number of
// folders.
func dockerignore(t *testing.T) func(name string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns := strings.Fields(regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(text), ""))
	return func(name string) bool {
		ignored := false
		for _, pattern := range patterns {
			pattern, keep := strings.CutPrefix(pattern, "!")
			if fits(t, pattern, name) {
				ignored = !keep
			}
		}
		return ignored
	}
}

// fits reports whether a pattern is that of a file or of a folder above it.
func fits(t *testing.T, pattern, name string) bool {
	t.Helper()
	anywhere, deep := strings.CutPrefix(pattern, "**/")
	for ; name != "."; name = path.Dir(name) {
		candidate := name
		if deep {
			candidate = path.Base(name)
		}
		ok, err := path.Match(anywhere, candidate)
		if err != nil {
			t.Fatalf(".dockerignore: %s: %v", pattern, err)
		}
		if ok {
			return true
		}
	}
	return false
}
