package main

import (
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
)

// startPiped starts a gateway whose log goes into a pipe, and returns the end to read
// from, which no one does yet.
func startPiped(t *testing.T, upstream string, args ...string) (*program, *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	folder := socketFolder(t)
	p := prepare(t, []string{"PORTONE_API_SECRET=" + testSecret, "PORTONE_GATEWAY_UPSTREAM_URL=" + upstream}, append(onSockets(folder), args...)...)
	p.cmd.Stderr = writer
	p.begin(t)
	writer.Close()
	p.onSocketsOf(t, folder)
	return p, reader
}

// TestReaderOfTheLogGoesAway: a gateway goes on without anybody who reads its log.
func TestReaderOfTheLogGoesAway(t *testing.T) {
	p, reader := startPiped(t, newStub(t, nil).url)
	reader.Close()
	conn := p.dial(t)
	await(t, "lines to be lost", func() bool {
		if _, err := pay(t.Context(), conn, "payment-1"); err != nil {
			t.Fatal(err)
		}
		return p.metrics(t).value(t, "portone_gateway_log_lines_dropped_total") > 0
	})
	checkServes(t, p)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 {
		t.Errorf("it ends with %d", status)
	}
}

// fillLog makes calls until lines of the log are dropped.
func fillLog(t *testing.T, p *program) {
	t.Helper()
	conn := p.dial(t)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-request-id", strings.Repeat("x", 128)) // for long lines
	await(t, "lines to be dropped", func() bool {
		var calls sync.WaitGroup
		for range 8 {
			calls.Go(func() {
				for range 50 {
					if err := list(ctx, conn); err != nil {
						t.Errorf("while nobody reads the log: %v", err)
						return
					}
				}
			})
		}
		calls.Wait()
		return t.Failed() || p.metrics(t).value(t, "portone_gateway_log_lines_dropped_total") > 0
	})
}

// TestReaderOfTheLogStalls: calls do not wait for whoever reads the log. Once he
// reads on, he is told how many lines are missing.
func TestReaderOfTheLogStalls(t *testing.T) {
	p, reader := startPiped(t, newStub(t, nil).url, "--log-level=debug")
	fillLog(t, p)
	go func() { _, _ = io.Copy(p.stderr, reader) }()
	line := p.stderr.awaitLine(t, `"msg":"lines are missing`, p.exited)
	if !strings.Contains(line, `"level":"WARN"`) || !strings.Contains(line, `"lines":`) {
		t.Errorf("the line is %s", line)
	}
	if err := list(metadata.AppendToOutgoingContext(t.Context(), "x-request-id", "after-that"), p.dial(t)); err != nil {
		t.Error(err)
	}
	p.stderr.awaitLine(t, `"request_id":"after-that"`, p.exited)
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 {
		t.Errorf("it ends with %d", status)
	}
}

// TestEndWhileTheLogStalls ends a gateway whose log no one reads: by one signal, by
// two, and after the drain time.
func TestEndWhileTheLogStalls(t *testing.T) {
	for _, test := range []struct {
		name    string
		timeout string
		held    bool
		signals []os.Signal
		want    int
	}{
		{"idle", "10m", false, []os.Signal{syscall.SIGTERM}, 0},
		{"two signals", "10m", true, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, 1},
		{"drain time over", "50ms", true, []os.Signal{syscall.SIGTERM}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGate()
			p, _ := startPiped(t, newStub(t, g.ServeHTTP).url, "--log-level=debug", "--drain-timeout="+test.timeout)
			fillLog(t, p)
			if test.held {
				payHeld(t, p, g)
			}
			for i, s := range test.signals {
				if i > 0 {
					await(t, "the drain to begin", func() bool { return get(t, p.admin, "/readyz").status != 200 })
				}
				p.signal(t, s)
			}
			start := time.Now()
			if status := p.wait(t); status != test.want {
				t.Errorf("it ends with %d", status)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v to end", took)
			}
		})
	}
}
