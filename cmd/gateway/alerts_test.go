package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestAlerts holds the names in the example of alerts against what there is.
func TestAlerts(t *testing.T) {
	text := read(t, "deploy/prometheus-alerts.yaml")
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Record, Expr string
				Annotations         map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	source := gatewaySource(t)
	tests := read(t, "deploy/prometheus-alerts.test.yaml")
	runbook := read(t, "docs/operations.md")
	rules, recorded := 0, make(map[string]bool)
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			rules++
			if rule.Record != "" {
				recorded[rule.Record] = true
			} else {
				if rule.Alert == "" || rule.Expr == "" || rule.Annotations["summary"] == "" {
					t.Errorf("a rule is not complete: %+v", rule)
				}
				if !strings.Contains(tests, `alertname="`+rule.Alert+`"`) && !strings.Contains(tests, "alertname: "+rule.Alert+"\n") {
					t.Errorf("%s has no test", rule.Alert)
				}
				if !strings.Contains(runbook, "### "+rule.Alert+"\n") {
					t.Errorf("the runbook has no section %s", rule.Alert)
				}
			}
			for _, metric := range regexp.MustCompile(`portone_gateway[\w:]+`).FindAllString(rule.Expr, -1) {
				if !recorded[metric] && !strings.Contains(source, `"`+strings.TrimSuffix(metric, "_bucket")+`"`) {
					t.Errorf("%s%s: there is no metric %s", rule.Alert, rule.Record, metric)
				}
			}
			for _, list := range regexp.MustCompile(`rpc[!=]~?"([^"]*)"`).FindAllStringSubmatch(rule.Expr, -1) {
				for rpc := range strings.SplitSeq(list[1], "|") {
					if !slices.ContainsFunc(contract.Methods(), func(m *contract.Method) bool { return m.Name == rpc && m.IsMutation() }) {
						t.Errorf("%s: there is no mutation %s", rule.Alert, rpc)
					}
				}
			}
			for _, list := range regexp.MustCompile(`reason=~?"([^"]*)"`).FindAllStringSubmatch(rule.Expr, -1) {
				for reason := range strings.SplitSeq(list[1], "|") {
					_, ours := portonev2.GatewayReason_value["GATEWAY_REASON_"+reason]
					_, portones := portonev2.ErrorReason_value["ERROR_REASON_"+reason]
					if !ours && !portones {
						t.Errorf("%s: there is no reason %s", rule.Alert, reason)
					}
				}
			}
		}
	}
	if rules == 0 {
		t.Error("there are no rules")
	}
}

// TestAlertsFire runs the tests beside the alerts, where Prometheus's own tool is
// installed.
func TestAlertsFire(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed")
	}
	out, err := exec.Command(promtool, "test", "rules", filepath.Join(root, "deploy/prometheus-alerts.test.yaml")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gatewaySource is the text of what names metrics.
func gatewaySource(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"internal/metrics/metrics.go", "internal/metrics/events.go", "cmd/gateway/run.go", "cmd/gateway/access.go", "cmd/gateway/events.go", "cmd/gateway/pgcodes.go"} {
		all.WriteString(read(t, path))
	}
	return all.String()
}
