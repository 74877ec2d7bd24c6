package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// deployment is what this test reads of a Deployment.
type deployment struct {
	Kind string
	Spec struct {
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     podSpec
		}
	}
}

type podSpec struct {
	TerminationGracePeriodSeconds int         `yaml:"terminationGracePeriodSeconds"`
	InitContainers                []container `yaml:"initContainers"`
	Containers                    []container
	Volumes                       []struct {
		Name   string
		Secret struct {
			Items []struct{ Key, Path string }
		}
	}
}

type container struct {
	Name           string
	RestartPolicy  string `yaml:"restartPolicy"`
	Args           []string
	Env            []struct{ Name, Value string }
	StartupProbe   probe `yaml:"startupProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
	Resources      struct {
		Requests, Limits struct{ CPU, Memory string }
	}
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		SubPath   string `yaml:"subPath"`
	} `yaml:"volumeMounts"`
}

type probe struct{ Exec struct{ Command []string } }

// gatewayOf reads the file, and finds the container of the gateway in it.
func gatewayOf(t *testing.T) (podSpec, container) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy/kubernetes-sidecar.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var d deployment
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	for name, value := range d.Spec.Selector.MatchLabels {
		if d.Spec.Template.Metadata.Labels[name] != value {
			t.Errorf("the label %s of the pod is not %s", name, value)
		}
	}
	pod := d.Spec.Template.Spec
	i := slices.IndexFunc(pod.InitContainers, func(c container) bool { return c.Name == "portone-gateway" })
	if d.Kind != "Deployment" || i < 0 || pod.InitContainers[i].RestartPolicy != "Always" {
		t.Fatalf("there is no sidecar portone-gateway in the %s", d.Kind)
	}
	return pod, pod.InitContainers[i]
}

// TestKubernetesSettings: the program takes the sidecar's arguments and variables.
func TestKubernetesSettings(t *testing.T) {
	pod, gateway := gatewayOf(t)
	known := make(map[string]bool)
	for name := range serveFlags(t) {
		known[envOf(name)] = true
	}
	for _, env := range gateway.Env {
		if !known[env.Name] && !strings.HasPrefix(env.Name, "GO") {
			t.Errorf("there is no setting %s", env.Name)
		}
		t.Setenv(env.Name, env.Value)
	}
	c, command, err := parse(gateway.Args, io.Discard)
	if err != nil || command != "serve" {
		t.Fatalf("%q: %v, command %q", gateway.Args, err, command)
	}
	if err := c.Serve.validate(); err != nil {
		t.Fatalf("%q: %v", gateway.Args, err)
	}
	for flag, addr := range map[string]string{"grpc-addr": c.Serve.GRPCAddr, "http-addr": c.Serve.HTTPAddr, "admin-addr": c.Serve.AdminAddr} {
		if _, _, err := networkOf(flag, addr); err != nil || !strings.HasPrefix(addr, "127.0.0.1:") {
			t.Errorf("--%s is %s, %v: others than this pod's containers reach it", flag, addr, err)
		}
	}
	grace := time.Duration(pod.TerminationGracePeriodSeconds) * time.Second
	if least := c.Serve.DrainDelay + c.Serve.DrainTimeout; grace < least+30*time.Second {
		t.Errorf("the pod may take %v to end, of which the gateway takes %v: too little is left for the service", grace, least)
	}
	if c.Serve.AdminAddr != c.Healthcheck.AdminAddr {
		t.Errorf("admin is at %s, healthcheck asks %s", c.Serve.AdminAddr, c.Healthcheck.AdminAddr)
	}
	for _, service := range pod.Containers {
		for _, env := range service.Env {
			if addr := strings.TrimPrefix(env.Value, "http://"); addr != c.Serve.GRPCAddr && addr != c.Serve.HTTPAddr {
				t.Errorf("%s calls the gateway at %s=%s, where it is not", service.Name, env.Name, env.Value)
			}
		}
	}
	checkSecretMount(t, pod, gateway, c.Serve.APISecretFile)
}

// mebibytes reads an amount of memory, such as 512Mi.
func mebibytes(t *testing.T, text string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "Mi"), 64)
	if err != nil || n <= 0 {
		t.Fatalf("%q is no amount of memory", text)
	}
	return n
}

// TestKubernetesMemory: what may be in flight fits into what Go may use, and that into
// the limit, with room for what Go does not count.
func TestKubernetesMemory(t *testing.T) {
	_, gateway := gatewayOf(t)
	c, _, err := parse(gateway.Args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	limit := mebibytes(t, gateway.Resources.Limits.Memory)
	goLimit := heapShare * limit
	const (
		idle          = 40.0        // MiB
		call          = 35.0 / 1024 // a call by REST, see the README
		largestAnswer = 100.0
		atOnce        = 3
	)
	if needed := idle + call*float64(c.Serve.MaxInFlight) + atOnce*largestAnswer; needed > goLimit {
		t.Errorf("%d calls and %d of the largest answers need %.0f MiB, Go may use %.0f", c.Serve.MaxInFlight, atOnce, needed, goLimit)
	}
	if requested := mebibytes(t, gateway.Resources.Requests.Memory); requested < idle || gateway.Resources.Limits.CPU != "" {
		t.Errorf("requests %.0f MiB, CPU limited to %q", requested, gateway.Resources.Limits.CPU)
	}
}

// checkSecretMount holds the file of the secret against what is mounted.
func checkSecretMount(t *testing.T, pod podSpec, gateway container, file string) {
	t.Helper()
	for _, mount := range gateway.VolumeMounts {
		if mount.MountPath != filepath.Dir(file) {
			continue
		}
		if mount.SubPath != "" {
			t.Error("Kubernetes never renews what is mounted by subPath")
		}
		for _, volume := range pod.Volumes {
			for _, item := range volume.Secret.Items {
				if volume.Name == mount.Name && item.Path == filepath.Base(file) {
					return
				}
			}
		}
	}
	t.Errorf("no volume has the secret's file %s", file)
}

// TestKubernetesProbes runs the sidecar's probes as they stand, against a gateway
// that has its settings but for the ports.
func TestKubernetesProbes(t *testing.T) {
	_, gateway := gatewayOf(t)
	p := start(t, newStub(t, nil).url)
	for name, command := range map[string][]string{"startup": gateway.StartupProbe.Exec.Command, "readiness": gateway.ReadinessProbe.Exec.Command} {
		if len(command) < 2 || command[0] != "/gateway" {
			t.Errorf("the %s probe runs %q, the image has /gateway", name, command)
			continue
		}
		if status, _, stderr := run(t, []string{"PORTONE_GATEWAY_ADMIN_ADDR=" + p.admin}, command[1:]...); status != 0 {
			t.Errorf("the %s probe %q ends with %d: %s", name, command, status, stderr)
		}
	}
}
