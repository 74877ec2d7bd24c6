package http1

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestAbort breaks off a call that waits, and refuses others.
func TestAbort(t *testing.T) {
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}))
	defer server.Close()
	c := New(Config{Address: server.Listener.Addr().String(), Host: "h", DialTimeout: time.Minute, IdleTimeout: time.Minute, MaxIdle: 1, MaxHeader: 1000, MaxBody: 1000})
	call := func() error {
		var resp Response
		_, err := c.Do(context.Background(), time.Now().Add(time.Minute), &Request{Method: "GET", Target: [2][]byte{[]byte("/")}}, &resp)
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- call() }()
	<-arrived
	c.Abort()
	var e *Error
	if err := <-ended; !errors.As(err, &e) || e.Kind != Broken || !e.Sent {
		t.Errorf("the call ends with %v", err)
	}
	if err := call(); !errors.As(err, &e) || e.Sent {
		t.Errorf("a call after that: %v", err)
	}
	if len(c.active) != 0 {
		t.Errorf("%d connections are left", len(c.active))
	}
}
