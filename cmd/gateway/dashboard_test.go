package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// dashboard is what this test reads of Grafana's.
type dashboard struct {
	Panels []struct {
		Title, Type string
		Targets     []struct{ Expr string }
	}
}

// quiet are panels that are empty where all is well.
var quiet = []string{"Circuit breakers that are not closed"}

// TestDashboard has a Prometheus read a gateway that has seen payments, a decline, a
// repetition, an unknown outcome and an event, and asks it each query of the dashboard: a
// metric or label that is misspelt has no answer.
func TestDashboard(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Prometheus: not in short mode")
	}
	addr, more := busyGateway(t)
	prometheus := startPrometheus(t, addr, more)
	var d dashboard
	if err := json.Unmarshal([]byte(read(t, "deploy/grafana-dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			queries++
			expr := strings.NewReplacer("$job", ".*", "$__rate_interval", "1m").Replace(target.Expr)
			empty := false
			for _, title := range quiet {
				empty = empty || title == panel.Title
			}
			if n, err := prometheus.count(expr); err != nil || n == 0 && !empty {
				t.Errorf("%s: %s\nhas %d series, %v", panel.Title, expr, n, err)
			}
		}
	}
	if queries < 20 {
		t.Errorf("the dashboard has %d queries", queries)
	}
}

// busyGateway starts a gateway with the sandbox, which has something to show once more is
// called, and returns where its metrics are.
func busyGateway(t *testing.T) (addr string, more func()) {
	t.Helper()
	addr = freeAddr(t)
	p := startWith(t, []string{"GOMEMLIMIT=1GiB"}, "--sandbox", "--sandbox-addr=127.0.0.1:0", "--metrics-addr="+addr, "--channel-pg=channel-1=TOSSPAYMENTS")
	n := 0
	return addr, func() {
		n++
		headers := []string{"Content-Type: application/json", "X-Request-Timeout-Ms: 400"}
		for i, fault := range []string{"latency=1ms", "cut=before;times=1", "cut=after"} {
			key := fmt.Sprintf("Idempotency-Key: dashboard-%d-%d-key", n, i)
			path := fmt.Sprintf("/payments/demo-payment-%d/cancel", 1+i)
			if _, err := ask(t.Context(), p.http, http.MethodPost, path, `{"reason":"x","amount":1}`, append(headers, key, "x-portone-sandbox: "+fault)...); err != nil {
				t.Fatal(err)
			}
		}
		declined := `{"billingKey":"billing-key-1","channelKey":"channel-1","orderName":"x","amount":{"total":1},"currency":"KRW"}`
		_, _ = ask(t.Context(), p.http, http.MethodPost, fmt.Sprintf("/payments/new-%d/billing-key", n), declined, append(headers, "x-portone-sandbox: pg=EXCEED_MAX_AMOUNT")...)
		get(t, p.http, "/payments/demo-payment-1")
	}
}

// reader is a Prometheus.
type reader struct{ url string }

// startPrometheus runs a Prometheus that reads a gateway, until it has read it several
// times.
func startPrometheus(t *testing.T, target string, more func()) *reader {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not installed")
	}
	folder, addr := t.TempDir(), freeAddr(t)
	config := "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\nscrape_configs: [{job_name: gateway, static_configs: [{targets: ['" + target + "']}]}]\n"
	if err := os.WriteFile(filepath.Join(folder, "prometheus.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log := newJournal()
	cmd := exec.Command(program, "--config.file="+filepath.Join(folder, "prometheus.yaml"), "--storage.tsdb.path="+folder, "--web.listen-address="+addr)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	r := &reader{"http://" + addr}
	for range 4 { // series that appear late need two readings
		more()
		seen, _ := r.value("count_over_time(up[1h])")
		await(t, "Prometheus to read the gateway", func() bool {
			n, err := r.value("count_over_time(up[1h])")
			return err == nil && n >= seen+2
		})
	}
	return r
}

// query asks for series.
func (r *reader) query(expr string) (series []struct{ Value [2]any }, err error) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(r.url + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Error string
		Data  struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	if answer.Error != "" {
		return nil, fmt.Errorf("%s", answer.Error)
	}
	return answer.Data.Result, nil
}

// count is how many series an expression has.
func (r *reader) count(expr string) (int, error) {
	series, err := r.query(expr)
	return len(series), err
}

// value is that of the first series.
func (r *reader) value(expr string) (n float64, err error) {
	series, err := r.query(expr)
	if err != nil || len(series) == 0 {
		return 0, err
	}
	_, err = fmt.Sscan(fmt.Sprint(series[0].Value[1]), &n)
	return n, err
}
