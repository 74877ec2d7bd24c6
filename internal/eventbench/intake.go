package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/events/intake"
	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/events/store"
)

// measureIntake measures the intake and the bare loop by turns, so that both see the
// same disk and the same neighbours.
func measureIntake(s settings, dir string) error {
	kept, err := openStore(settings{}, filepath.Join(dir, "intake"))
	if err != nil {
		return err
	}
	defer kept.Close()
	w, err := newWebhooks(kept, s)
	if err != nil {
		return err
	}
	defer w.server.Close()
	var bare, taken float64
	var latencies []time.Duration
	for range s.rounds {
		n, err := bareLoop(filepath.Join(dir, "bare"), s)
		if err != nil {
			return err
		}
		bare += n
		n, took, err := w.flood(s)
		if err != nil {
			return err
		}
		taken += n
		latencies = append(latencies, took...)
	}
	bare, taken = bare/float64(s.rounds), taken/float64(s.rounds)
	fmt.Printf("write and fsync, one at a time: %.0f a second\n", bare)
	fmt.Printf("webhooks with %d senders:       %.0f a second, %.2f of it; answered in p50 %v, p99 %v\n",
		s.senders, taken, taken/bare, quantile(latencies, .5), quantile(latencies, .99))
	return nil
}

// bareLoop writes as much as an event takes, and syncs it, again and again.
func bareLoop(path string, s settings) (perSecond float64, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	block := bytes.Repeat([]byte("x"), s.bodyBytes+150)
	begun, n := time.Now(), 0
	for ; time.Since(begun) < s.span; n++ {
		if _, err := file.Write(block); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}

// webhooks sends webhooks to an intake on loopback.
type webhooks struct {
	url    string
	secret signature.Secret
	server *http.Server
	client *http.Client
	pad    string
	next   atomic.Int64
}

func newWebhooks(kept store.Store, s settings) (*webhooks, error) {
	secret, err := signature.NewSecret("bench", "whsec_dGhlIHNlY3JldCBvZiBldmVudGJlbmNo")
	if err != nil {
		return nil, err
	}
	handler, err := intake.New(intake.Options{Secrets: signature.Static{secret}, Store: kept, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &webhooks{
		url: "http://" + listener.Addr().String() + intake.DefaultPath, secret: secret, server: intake.NewServer(handler, slog.New(slog.DiscardHandler)),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: s.senders}}, pad: strings.Repeat("x", max(0, s.bodyBytes-130)),
	}
	go func() { _ = w.server.Serve(intake.Limit(listener)) }()
	return w, nil
}

// send posts one webhook.
func (w *webhooks) send() error {
	n := w.next.Add(1)
	id := fmt.Sprint("webhook-", n)
	body := []byte(fmt.Sprintf(`{"type":"Transaction.Paid","timestamp":"2024-04-25T10:00:00.000Z","data":{"storeId":"s","paymentId":"%d","transactionId":"t"},"pad":%q}`, n, w.pad))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	signature.Sign(w.secret, r.Header, id, time.Now(), body)
	response, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// flood sends as fast as the senders can.
func (w *webhooks) flood(s settings) (perSecond float64, took []time.Duration, err error) {
	var group sync.WaitGroup
	var mu sync.Mutex
	begun := time.Now()
	for range s.senders {
		group.Go(func() {
			var mine []time.Duration
			var failed error
			for time.Since(begun) < s.span && failed == nil {
				sent := time.Now()
				failed = w.send()
				mine = append(mine, time.Since(sent))
			}
			mu.Lock()
			defer mu.Unlock()
			took, err = append(took, mine...), errors.Join(err, failed)
		})
	}
	group.Wait()
	return float64(len(took)) / time.Since(begun).Seconds(), took, err
}
