package upstream

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
)

// TestAccounts lets PortOne fail for one secret: the breaker that opens is that one's.
func TestAccounts(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[string]int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.Header.Get("Authorization")]++
		mu.Unlock()
		if strings.HasSuffix(r.Header.Get("Authorization"), "ill") {
			panic(http.ErrAbortHandler)
		}
		ok(w, r)
	}))
	defer server.Close()
	c := newClient(t, server.URL, func(o *Options) { o.Credentials, o.MaxAttempts = nil, 1 })
	account := func(name string) (*Account, *observer) {
		secret, err := NewSecret("secret-" + name)
		if err != nil {
			t.Fatal(err)
		}
		o := &observer{}
		return c.NewAccount(name, Static(secret), o), o
	}
	well, seenWell := account("well")
	ill, seenIll := account("ill")
	call := func(a *Account) (*[]byte, error) {
		r := cancelCall(t)
		r.Account = a
		body, failure := c.Do(t.Context(), r)
		if failure != nil {
			return nil, failure
		}
		return body, nil
	}
	for range 100 {
		_, _ = call(ill)
	}
	if len(seenIll.states) == 0 || seenIll.states[0] != "open" {
		t.Errorf("the breaker of the one that fails is %v", seenIll.states)
	}
	for range 20 {
		if _, err := call(well); err != nil {
			t.Fatalf("the other one fails, too: %v", err)
		}
	}
	if len(seenWell.states) != 0 || seen["PortOne secret-well"] != 20 || seen["PortOne secret-ill"] == 0 {
		t.Errorf("the other's breaker is %v; requests by secret: %v", seenWell.states, seen)
	}
	_, failure := c.Do(t.Context(), cancelCall(t))
	if failure == nil || failure.Code() != codes.Unavailable || len(seen) != 2 {
		t.Errorf("a request without an account ends with %v; requests by secret: %v", failure, seen)
	}
}
