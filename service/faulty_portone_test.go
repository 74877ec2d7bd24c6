package service_test

import (
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// faultyPortone is PortOne in small, on a bad day: it carries out payments once
// for each idempotency key, whether or not anybody waits for the answer, and loses
// one connection in five. Unlike PortOne it never says ALREADY_PAID, so that a
// payment that comes with a second key is charged twice and counted.
type faultyPortone struct {
	seed uint64

	mu       sync.Mutex
	works    map[string]*work // by idempotency key
	requests map[string]int   // by payment
	charges  map[string]int   // by payment
	counts   faultCounts
}

// work is what came of the first request with a key.
type work struct {
	target, body string // of the request
	answer       string // empty while it is being worked on
}

// faultCounts tell what went on.
type faultCounts struct {
	requests, cutBefore, cutDuring, cutAfter, slow, outstanding, repeated int
	wrong                                                                 []string // requests that PortOne would never get
}

func (c *faultCounts) cut() int { return c.cutBefore + c.cutDuring + c.cutAfter }

func newFaultyPortone(seed uint64) *faultyPortone {
	return &faultyPortone{seed: seed, works: make(map[string]*work), requests: make(map[string]int), charges: make(map[string]int)}
}

// fault is where a connection breaks.
type fault int

const (
	noFault fault = iota
	cutBefore
	cutDuring // the work goes on, so a repetition finds it outstanding
	cutAfter
)

// fate is what happens to a request.
type fate struct {
	fault fault
	takes time.Duration // to carry it out
}

// How long a payment takes. The slow ones outlast the deadlines of callers and
// the gateway's patience with one attempt.
const (
	quickPayment   = 2 * time.Millisecond
	cutPayment     = 200 * time.Millisecond // whose connection is cut meanwhile
	slowPayment    = 3 * time.Second
	shortDeadline  = time.Second     // of some callers, at first
	attemptTimeout = 2 * time.Second // of the gateway
)

// fate draws what happens to the nth request for a payment: the same in every
// run, in whatever order requests come.
func (p *faultyPortone) fate(id string, n int) fate {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, id)
	random := rand.New(rand.NewPCG(p.seed+uint64(n), hash.Sum64()))
	f := fate{takes: time.Duration(random.Int64N(int64(quickPayment)))}
	if random.IntN(50) == 0 {
		f.takes = slowPayment
	}
	switch random.IntN(15) { // 3 of 15 are 1 of 5
	case 0:
		f.fault = cutBefore
	case 1:
		f.fault, f.takes = cutDuring, max(f.takes, cutPayment)
	case 2:
		f.fault = cutAfter
	}
	return f
}

func (p *faultyPortone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	id := strings.Split(r.URL.Path, "/")[2]
	fate := p.count(r, id)
	if fate.fault == cutBefore {
		panic(http.ErrAbortHandler)
	}
	work, first := p.begin(r.Header.Get("Idempotency-Key"), r.URL.Path, string(body))
	switch {
	case first && fate.fault == cutDuring:
		go p.carryOut(work, id, fate.takes)
	case first:
		p.carryOut(work, id, fate.takes)
	}
	if fate.fault != noFault {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if answer := p.answerOf(work); answer != "" {
		_, _ = io.WriteString(w, answer)
		return
	}
	w.WriteHeader(http.StatusConflict)
	_, _ = io.WriteString(w, `{"type":"IDEMPOTENCY_OUTSTANDING_REQUEST","message":"in progress"}`)
}

// count notes a request and draws its fate.
func (p *faultyPortone) count(r *http.Request, id string) fate {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests[id]++
	fate := p.fate(id, p.requests[id])
	p.counts.requests++
	switch fate.fault {
	case cutBefore:
		p.counts.cutBefore++
	case cutDuring:
		p.counts.cutDuring++
	case cutAfter:
		p.counts.cutAfter++
	}
	if key := r.Header.Get("Idempotency-Key"); len(key) < 18 || key[0] != '"' || key[len(key)-1] != '"' {
		p.counts.wrong = append(p.counts.wrong, "idempotency key "+key)
	}
	return fate
}

// begin finds the work of a key, or makes it.
func (p *faultyPortone) begin(key, target, body string) (w *work, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w = p.works[key]
	if w == nil {
		w = &work{target: target, body: body}
		p.works[key] = w
		return w, true
	}
	p.counts.repeated++
	if w.target != target || w.body != body {
		p.counts.wrong = append(p.counts.wrong, fmt.Sprintf("%s %s with the key of %s %s", target, body, w.target, w.body))
	}
	return w, false
}

// carryOut charges a payment.
func (p *faultyPortone) carryOut(w *work, id string, takes time.Duration) {
	time.Sleep(takes)
	p.mu.Lock()
	defer p.mu.Unlock()
	if takes >= slowPayment {
		p.counts.slow++
	}
	p.charges[id]++
	w.answer = fmt.Sprintf(`{"payment":{"pgTxId":%q,"paidAt":"2026-01-02T03:04:05Z"}}`, receiptOf(id))
}

// answerOf is what is known of a work.
func (p *faultyPortone) answerOf(w *work) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.answer == "" {
		p.counts.outstanding++
	}
	return w.answer
}

// receiptOf is what the answer to a payment has.
func receiptOf(id string) string { return "tx-of-" + id }

// settled returns what became of the payments.
func (p *faultyPortone) settled() (charges map[string]int, counts faultCounts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.charges, p.counts
}
