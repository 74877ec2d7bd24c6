package http1_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// inventory is a server of net/http that says what it was asked, in every framing
// that it knows.
func inventory(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	said := fmt.Sprintf("%s %s %s %d", r.Method, r.RequestURI, r.Header.Get("Id"), len(body))
	switch r.URL.Query().Get("framing") {
	case "chunks":
		for _, c := range said {
			_, _ = fmt.Fprintf(w, "%c", c)
			_ = http.NewResponseController(w).Flush()
		}
	case "close":
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, said)
	case "hints":
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, said)
	case "large":
		_, _ = io.WriteString(w, said+strings.Repeat(" ", 100_000))
	case "never":
		select {
		case <-r.Context().Done():
		case <-time.After(soon):
		}
	default:
		w.Header().Set("Content-Length", strconv.Itoa(len(said)))
		_, _ = io.WriteString(w, said)
	}
}

// TestManyCalls: however many calls run and are given up, each gets its own answer
// or an error, and nothing stays behind.
func TestManyCalls(t *testing.T) {
	for _, kind := range network {
		t.Run(string(kind), func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(inventory))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			config := http1.Config{Host: "api.test", DialTimeout: soon, IdleTimeout: 20 * time.Millisecond, MaxIdle: 5, MaxHeader: 1 << 16, MaxBody: 1 << 20}
			if kind == encrypted {
				server.TLS, config.TLS = identity().Clone(), trusting()
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			config.Address = server.Listener.Addr().String()
			c := http1.New(config)
			defer c.Close()

			var wait sync.WaitGroup
			for caller := range 20 {
				wait.Go(func() {
					random := rand.New(rand.NewPCG(1, uint64(caller)))
					for call := range 30 {
						if err := oneOfMany(c, random, fmt.Sprintf("%d-%d", caller, call)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wait.Wait()
			eventually(t, "idle connections are closed", func() bool { return c.Idle() == 0 })
		})
	}
}

func oneOfMany(c *http1.Client, random *rand.Rand, id string) error {
	framings := []string{"", "chunks", "close", "hints", "large", "never"}
	sizes := []int{0, 10, 10, 10, 20_000, 300_000}
	framing, size := framings[random.IntN(len(framings))], sizes[random.IntN(len(sizes))]
	target := "/" + id + "?framing=" + framing
	req := post(target, bytes.Repeat([]byte("x"), size))
	req.Header = []byte("Id: " + id + "\r\n")

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hurry := framing == "never" || random.IntN(5) == 0
	if hurry {
		time.AfterFunc(time.Duration(random.IntN(3000))*time.Microsecond, cancel)
	}
	status, body, err := doUntil(ctx, c, time.Now().Add(4*soon), req)
	if err != nil {
		if e, ok := err.(*http1.Error); ok && hurry && e.Kind == http1.Canceled {
			return nil
		}
		return fmt.Errorf("%s: %w", target, err)
	}
	if want := fmt.Sprintf("POST %s %s %d", target, id, size); status != 200 || strings.TrimRight(body, " ") != want {
		return fmt.Errorf("got %d %.100q, want %q", status, body, want)
	}
	return nil
}
