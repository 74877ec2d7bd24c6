package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestAlerts holds the names in the example of alerts against what there is.
func TestAlerts(t *testing.T) {
	text, err := os.ReadFile("../../deploy/prometheus-alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	source := gatewaySource(t)
	rules := 0
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			rules++
			if rule.Alert == "" || rule.Expr == "" || rule.Annotations["summary"] == "" {
				t.Errorf("a rule is not complete: %+v", rule)
			}
			for _, metric := range regexp.MustCompile(`portone_gateway_\w+`).FindAllString(rule.Expr, -1) {
				if !strings.Contains(source, `"`+strings.TrimSuffix(metric, "_bucket")+`"`) {
					t.Errorf("%s: there is no metric %s", rule.Alert, metric)
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

// gatewaySource is the text of what names metrics.
func gatewaySource(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"../../internal/metrics/metrics.go", "../../internal/metrics/events.go", "run.go"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
