package main

import (
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/portoneclient/sandboxtest"
	"github.com/portone-gateway/portone-gateway/sandbox"
)

// TestReconciliation compares the demo's payments of today with lists.
func TestReconciliation(t *testing.T) {
	program := filepath.Join(t.TempDir(), "reconciliation")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	box := sandboxtest.Start(t, sandbox.Options{Demo: true})
	right := "demo-payment-1,25000\ndemo-payment-2,54000\ndemo-payment-3,16000\ndemo-subscription-1,9900\n"
	tests := []struct{ name, list, want string }{
		{"right", right, ""},
		{"one is missing here", strings.Replace(right, "demo-payment-2,54000\n", "", 1), `demo-payment-2: "" here, "54000" at PortOne`},
		{"one is missing there", right + "demo-payment-9,1\n", `demo-payment-9: "1" here, "" at PortOne`},
		{"a refund was not noted", strings.Replace(right, "16000", "32000", 1), `demo-payment-3: "32000" here, "16000" at PortOne`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run := exec.Command(program, "-target", box.Target)
			run.Stdin = strings.NewReader(test.list)
			out, err := run.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			sort.Strings(lines)
			if got := strings.Join(lines, "\n"); got != test.want || (err == nil) != (test.want == "") {
				t.Errorf("%v:\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}
