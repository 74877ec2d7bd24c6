package portoneclient_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// scenario is one of clients/scenarios.json; clients/DESIGN.md says what the members
// mean.
type scenario struct {
	Name  string     `json:"name"`
	Calls []step     `json:"calls"`
	Want  wantResult `json:"want"`
}

type step struct {
	Do                string            `json:"do"`
	Amount            int64             `json:"amount"`
	Of                string            `json:"of"`
	Size              int32             `json:"size"`
	Metadata          map[string]string `json:"metadata"`
	Key               string            `json:"key"`
	DeadlineMs        int64             `json:"deadlineMs"`
	AttemptMs         int64             `json:"attemptMs"`
	AskAgainForMs     *int64            `json:"askAgainForMs"`
	CancelOnArrival   bool              `json:"cancelOnArrival"`
	PayAfterFirstItem bool              `json:"payAfterFirstItem"`
	Want              json.RawMessage   `json:"want"`
}

type wantResult struct {
	Charges  int64           `json:"charges"`
	Refunds  int64           `json:"refunds"`
	Attempts json.RawMessage `json:"attempts"` // a number, or least and most
	Keys     *int            `json:"keys"`
}

// bench is internal/clientbench as a process.
type bench struct {
	Target  string `json:"target"`
	Control string `json:"control"`
}

// startBench builds and starts the bench, which ends with the test.
func startBench(t *testing.T) *bench {
	t.Helper()
	program := os.Getenv("PORTONE_CLIENTBENCH")
	if program == "" {
		program = filepath.Join(t.TempDir(), "clientbench")
		if out, err := exec.Command("go", "build", "-o", program, "../internal/clientbench").CombinedOutput(); err != nil {
			t.Fatalf("building the bench: %v\n%s", err, out)
		}
	}
	process := exec.Command(program)
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends then
		if err := process.Wait(); err != nil {
			t.Errorf("the bench: %v", err)
		}
	})
	b := new(bench)
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, b)
	}
	if err != nil {
		t.Fatalf("the bench did not start: %v", err)
	}
	return b
}

// scene is what a scenario begins with.
type scene struct {
	PaymentID     string `json:"paymentId"`
	BillingKey    string `json:"billingKey"`
	PaidPaymentID string `json:"paidPaymentId"`
	ChannelKey    string `json:"channelKey"`
}

type result struct {
	Charges  int64 `json:"charges"`
	Refunds  int64 `json:"refunds"`
	Attempts int   `json:"attempts"`
	Keys     int   `json:"keys"`
}

// control calls the bench's control API.
func (b *bench) control(ctx context.Context, method, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, b.Control+path, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, body)
	}
	return json.Unmarshal(body, into)
}

// TestScenarios runs clients/scenarios.json. -v shows the table.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("kills gateways, and takes a minute")
	}
	text, err := os.ReadFile("../clients/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Scenarios []scenario `json:"scenarios"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	b := startBench(t)
	for _, s := range file.Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			r := &runner{bench: b}
			if err := b.control(ctx, "POST", "/begin", &r.scene); err != nil {
				t.Fatal(err)
			}
			for i, call := range s.Calls {
				got := r.run(ctx, t, call)
				checkOutcome(t, i, call, got)
			}
			var got result
			if err := b.control(ctx, "GET", "/result", &got); err != nil {
				t.Fatal(err)
			}
			checkResult(t, s.Want, got)
			t.Logf("attempts %d, charges %d, refunds %d, keys %d", got.Attempts, got.Charges, got.Refunds, got.Keys)
		})
	}
}

func checkResult(t *testing.T, want wantResult, got result) {
	t.Helper()
	if got.Charges != want.Charges || got.Refunds != want.Refunds {
		t.Errorf("%d charges and %d refunds, want %d and %d", got.Charges, got.Refunds, want.Charges, want.Refunds)
	}
	if want.Keys != nil && got.Keys != *want.Keys {
		t.Errorf("%d keys, want %d", got.Keys, *want.Keys)
	}
	if want.Attempts == nil {
		return
	}
	var limits [2]int
	if json.Unmarshal(want.Attempts, &limits) != nil {
		if err := json.Unmarshal(want.Attempts, &limits[0]); err != nil {
			t.Fatal(err)
		}
		limits[1] = limits[0]
	}
	if got.Attempts < limits[0] || got.Attempts > limits[1] {
		t.Errorf("%d attempts, want %v", got.Attempts, limits)
	}
}
