package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// model is the command line as kong has it.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := newParser(new(cli), io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// flagsOf are the flags of a command, without --help.
func flagsOf(command *kong.Node) map[string]*kong.Flag {
	flags := make(map[string]*kong.Flag)
	for _, flag := range command.Flags {
		if flag.Name != "help" {
			flags[flag.Name] = flag
		}
	}
	return flags
}

// serveFlags are the flags of the gateway.
func serveFlags(t *testing.T) map[string]*kong.Flag {
	t.Helper()
	for _, command := range model(t).Children {
		if command.Name == "serve" {
			return flagsOf(command)
		}
	}
	t.Fatal("there is no command serve")
	return nil
}

// envOf is the environment variable that a flag must have.
func envOf(flag string) string {
	return "PORTONE_GATEWAY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// samples are two values of a flag's type that are no defaults.
func samples(t *testing.T, flag *kong.Flag) [2]string {
	t.Helper()
	switch flag.Target.Interface().(type) {
	case string:
		return [2]string{"one", "two"}
	case int:
		return [2]string{"11", "12"}
	case time.Duration:
		return [2]string{"11s", "12s"}
	case bool:
		return [2]string{"true", "false"}
	}
	t.Fatalf("--%s is of type %T: add samples", flag.Name, flag.Target.Interface())
	return [2]string{}
}

// parsed is the value of a flag of a command, after parsing.
func parsed(t *testing.T, command, flag string, args ...string) string {
	t.Helper()
	parser, err := newParser(new(cli), io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	context, err := parser.Parse(append([]string{command}, args...))
	if err != nil {
		t.Fatalf("%s %q: %v", command, args, err)
	}
	for _, f := range context.Flags() {
		if f.Name == flag {
			return fmt.Sprint(f.Target.Interface())
		}
	}
	t.Fatalf("%s %q: no flag --%s", command, args, flag)
	return ""
}

// TestEveryFlagIsAVariable sets each flag of each command by the environment, and
// by both, when the flag wins.
func TestEveryFlagIsAVariable(t *testing.T) {
	for _, command := range model(t).Children {
		for name, flag := range flagsOf(command) {
			t.Run(command.Name+" "+name, func(t *testing.T) {
				env, values := envOf(name), samples(t, flag)
				if len(flag.Envs) != 1 || flag.Envs[0] != env {
					t.Fatalf("--%s is in the environment as %q, want %s", name, flag.Envs, env)
				}
				t.Setenv(env, values[0])
				if got := parsed(t, command.Name, name); got != values[0] {
					t.Errorf("%s=%s makes it %s", env, values[0], got)
				}
				if got := parsed(t, command.Name, name, "--"+name+"="+values[1]); got != values[1] {
					t.Errorf("%s=%s with --%s=%s makes it %s", env, values[0], name, values[1], got)
				}
			})
		}
	}
}

// documentedFlag is a row of the table in docs/configuration.md.
var documentedFlag = regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| (?:`([^`]*)`)? ?\\|")

// TestDefaultsAreAsDocumented compares the table in docs/configuration.md with the
// flags.
func TestDefaultsAreAsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	flags := serveFlags(t)
	for _, row := range documentedFlag.FindAllStringSubmatch(string(text), -1) {
		name, value := row[1], row[2]
		flag := flags[name]
		if flag == nil {
			t.Errorf("docs/configuration.md: there is no flag --%s", name)
			continue
		}
		if flag.Default != value {
			t.Errorf("docs/configuration.md: --%s has the default %q, it is %q", name, value, flag.Default)
		}
		delete(flags, name)
	}
	for name := range flags {
		t.Errorf("docs/configuration.md: --%s is missing", name)
	}
}

// TestServiceLinks: Kubernetes gives every process variables that are called after
// the services beside it, such as one called portone-gateway. They are no settings.
func TestServiceLinks(t *testing.T) {
	for _, name := range []string{"PORTONE_GATEWAY", "PORTONE_GATEWAY_GRPC", "PORTONE_GATEWAY_HTTP", "PORTONE_GATEWAY_ADMIN", "PORTONE_GATEWAY_SANDBOX"} {
		for _, suffix := range []string{"_SERVICE_HOST", "_SERVICE_PORT", "_SERVICE_PORT_GRPC", "_PORT", "_PORT_9090_TCP", "_PORT_9090_TCP_ADDR", "_PORT_9090_TCP_PROTO"} {
			t.Setenv(name+suffix, "tcp://10.0.0.1:9090")
		}
	}
	for name, flag := range serveFlags(t) {
		want := flag.Default
		switch flag.Target.Interface().(type) {
		case time.Duration:
			d, err := time.ParseDuration(want)
			if err != nil {
				t.Fatalf("--%s: %v", name, err)
			}
			want = d.String()
		case bool:
			want = "false"
		}
		if got := parsed(t, "serve", name); got != want {
			t.Errorf("--%s is %q beside services of the gateway's name, want %q", name, got, want)
		}
	}
}
