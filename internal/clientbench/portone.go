package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// rewritePrefix begins a value of the header x-portone-sandbox that only the bench
// knows: `rewrite:old=>new` changes the answer, to what PortOne may send tomorrow.
const rewritePrefix = "rewrite:"

// portone is the sandbox with a door in front of it.
type portone struct {
	sandbox http.Handler

	mu      sync.Mutex
	arrived chan struct{} // closed when a mutation has come
	hold    chan struct{} // mutations wait until it is closed; nil: they do not
}

// newScenario forgets what came before.
func (p *portone) newScenario() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived, p.hold = make(chan struct{}), nil
}

// holdMutations makes mutations wait until let is called.
func (p *portone) holdMutations() (arrived <-chan struct{}, let func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hold := make(chan struct{})
	p.hold = hold
	return p.arrived, sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hold = nil
		close(hold)
	})
}

// seen is closed when a mutation has come in this scenario.
func (p *portone) seen() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.arrived
}

// note notes that a mutation came, and returns what it has to wait for.
func (p *portone) note() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.arrived:
	default:
		close(p.arrived)
	}
	return p.hold
}

// ServeHTTP implements http.Handler. The body is read first, so that the sandbox
// carries a request out also when the gateway is gone by then.
func (p *portone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method != http.MethodGet {
		if hold := p.note(); hold != nil {
			<-hold
		}
	}
	pair, found := strings.CutPrefix(r.Header.Get("X-Portone-Sandbox"), rewritePrefix)
	if !found {
		p.sandbox.ServeHTTP(w, r)
		return
	}
	r.Header.Del("X-Portone-Sandbox")
	before, after, _ := strings.Cut(pair, "=>")
	answer := httptest.NewRecorder()
	p.sandbox.ServeHTTP(answer, r)
	w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
	w.WriteHeader(answer.Code)
	_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body.String(), before, after)) // the gateway says if it gets none
}
