package main

import (
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// setting parses what a file in deploy/ runs the gateway with, as the program would.
func setting(t *testing.T, env map[string]string, args []string) serveConfig {
	t.Helper()
	for name, value := range env {
		t.Setenv(name, value)
	}
	c, command, err := parse(args, io.Discard)
	if err != nil || command != "serve" {
		t.Fatalf("%q %q: %v, command %q", env, args, err, command)
	}
	if err := c.Serve.validate(); err != nil {
		t.Fatalf("%q %q: %v", env, args, err)
	}
	return c.Serve
}

// ending is how long a gateway may take to end.
func (c *serveConfig) ending() time.Duration { return c.DrainDelay + c.DrainTimeout + c.DrainLinger }

// TestSharedSettings: the program takes what the base of kustomize gives it, ends in the
// time that it has, cuts off nothing that PortOne may still answer, and answers probes
// where they ask.
func TestSharedSettings(t *testing.T) {
	var d struct {
		Spec struct {
			Template struct{ Spec podSpec }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/kubernetes/base/deployment.yaml")), &d); err != nil {
		t.Fatal(err)
	}
	pod := d.Spec.Template.Spec
	gateway := pod.Containers[0]
	env := make(map[string]string)
	for _, e := range gateway.Env {
		env[e.Name] = e.Value
	}
	c := setting(t, env, gateway.Args)
	if grace := time.Duration(pod.TerminationGracePeriodSeconds) * time.Second; grace < c.ending()+5*time.Second {
		t.Errorf("the pod may take %v to end, the gateway takes %v", grace, c.ending())
	}
	if c.DrainTimeout < c.UpstreamTimeout {
		t.Errorf("the drain takes %v, an answer of PortOne %v", c.DrainTimeout, c.UpstreamTimeout)
	}
	if host, port, _ := net.SplitHostPort(c.MetricsAddr); host != "0.0.0.0" || !strings.Contains(read(t, "deploy/kubernetes/base/deployment.yaml"), "containerPort: "+port) {
		t.Errorf("metrics are at %s, which is no port of the container", c.MetricsAddr)
	}
	if !strings.HasPrefix(c.AdminAddr, "127.0.0.1:") {
		t.Errorf("profiles are at %s, for everybody", c.AdminAddr)
	}
	checkSecretMount(t, pod, gateway, c.APISecretFile)
	memory := mebibytes(t, gateway.Resources.Limits.Memory) * heapShare * (1 << 20)
	before := c.MaxInFlight
	if c.fitInFlight(int64(memory)); c.MaxInFlight != before {
		t.Errorf("memory has room for %d calls only", c.MaxInFlight)
	}
}

// TestComposeSettings: the program takes what Compose gives it.
func TestComposeSettings(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
			Grace       string `yaml:"stop_grace_period"`
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy/compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	gateway := file.Services["gateway"]
	c := setting(t, gateway.Environment, gateway.Command)
	if grace, err := time.ParseDuration(gateway.Grace); err != nil || grace < c.ending() {
		t.Errorf("it may take %s to end, and takes %v", gateway.Grace, c.ending())
	}
	_, port, _ := net.SplitHostPort(c.MetricsAddr)
	if !strings.Contains(read(t, "deploy/compose/prometheus.yaml"), "targets: [gateway:"+port+"]") {
		t.Errorf("Prometheus does not read port %s", port)
	}
}

// TestUnitSettings: the program takes what the unit of systemd gives it.
func TestUnitSettings(t *testing.T) {
	unit := read(t, "deploy/portone-gateway.service")
	command := regexp.MustCompile(`(?m)^ExecStart=\S+ (.*)$`).FindStringSubmatch(unit)
	if command == nil {
		t.Fatal("there is no ExecStart")
	}
	c := setting(t, nil, strings.Fields(command[1]))
	stop := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)s$`).FindStringSubmatch(unit)
	if stop == nil {
		t.Fatal("there is no TimeoutStopSec in seconds")
	}
	if seconds, _ := strconv.Atoi(stop[1]); time.Duration(seconds)*time.Second < c.ending()+5*time.Second {
		t.Errorf("it may take %d s to end, and takes %v", seconds, c.ending())
	}
	if !strings.Contains(unit, "RestartPreventExitStatus=2") {
		t.Error("a wrong setting is started again and again")
	}
}
