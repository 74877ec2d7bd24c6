package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// answerLimit is how long a job may take beyond its time.
const answerLimit = 90 * time.Second

// job is what the load process is told to do, as a line of JSON.
type job struct {
	Protocol    string        // a key of dialers
	Address     string        // host:port of the server
	Call        string        // name of the call to make
	Key         string        // gateway key that callers send; empty for none
	Callers     int           // calls at a time
	Connections int           // how many connections they share, if the protocol can share
	For         time.Duration // how long callers begin new calls; each makes at least one
}

// report is what it answers. If a call failed, Error says why and nothing else
// counts; calls that were on their way are abandoned, and so is the process.
type report struct {
	Calls   int
	Elapsed time.Duration
	Error   string `json:",omitempty"`
}

// load makes calls as it is told on stdin. Connections are kept from job to job.
func load(_ []string, stdin io.Reader, stdout io.Writer) error {
	l := loader{crowds: map[crowdKey]*crowd{}}
	jobs, reports := json.NewDecoder(stdin), json.NewEncoder(stdout)
	for {
		var j job
		if err := jobs.Decode(&j); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := l.do(j)
		if err != nil {
			r.Error = err.Error()
		}
		if err := reports.Encode(r); err != nil {
			return err
		}
	}
}

type loader struct{ crowds map[crowdKey]*crowd }

type crowdKey struct{ protocol, address string }

// crowd is the callers of one server by one protocol.
type crowd struct {
	dialer  dialer
	callers []caller
	checks  map[*call]*check
}

// dialer knows a protocol.
type dialer interface {
	// caller returns the i-th caller. Callers with the same remainder by
	// connections may share a connection.
	caller(i, connections int) (caller, error)

	// check compares an answer with what the upstream sent.
	check(c *call, answer []byte) error
}

// caller makes one call at a time.
type caller interface {
	// call returns the answer of a call that succeeded. The memory is the
	// caller's, until its next call.
	call(ctx context.Context, c *call) ([]byte, error)
}

// The protocols, as jobs and the table name them.
const (
	protocolHTTP = "HTTP/1.1"
	protocolGRPC = "gRPC"
)

var dialers = map[string]func(address, key string) dialer{
	protocolHTTP: newHTTPDialer,
	protocolGRPC: newGRPCDialer,
}

func (l *loader) do(j job) (report, error) {
	c, err := callNamed(j.Call)
	if err != nil {
		return report{}, err
	}
	crowd, err := l.crowd(j)
	if err != nil {
		return report{}, err
	}
	return crowd.run(c, crowd.callers[:j.Callers], j.For)
}

// crowd returns the callers for a job, at least as many as it needs.
func (l *loader) crowd(j job) (*crowd, error) {
	key := crowdKey{j.Protocol, j.Address}
	c := l.crowds[key]
	if c == nil {
		newDialer, ok := dialers[j.Protocol]
		if !ok {
			return nil, fmt.Errorf("no protocol is named %q", j.Protocol)
		}
		c = &crowd{dialer: newDialer(j.Address, j.Key), checks: map[*call]*check{}}
		l.crowds[key] = c
	}
	for i := len(c.callers); i < j.Callers; i++ {
		caller, err := c.dialer.caller(i, j.Connections)
		if err != nil {
			return nil, err
		}
		c.callers = append(c.callers, caller)
	}
	return c, nil
}

// run lets the callers call for a while and waits for all answers, or for the
// first failure.
func (c *crowd) run(what *call, callers []caller, length time.Duration) (report, error) {
	if c.checks[what] == nil {
		c.checks[what] = &check{call: what, full: c.dialer.check}
	}
	check := c.checks[what]
	ctx, cancel := context.WithTimeout(context.Background(), length+answerLimit)
	defer cancel()
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)

	start := time.Now()
	counts := make([]int, len(callers))
	var all sync.WaitGroup
	for i, caller := range callers {
		all.Go(func() {
			n, err := repeat(ctx, caller, check, start.Add(length))
			if err != nil {
				fail(err)
			}
			counts[i] = n
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	if err := context.Cause(ctx); err != nil {
		return report{}, err
	}
	r := report{Elapsed: time.Since(start)}
	for _, n := range counts {
		r.Calls += n
	}
	return r, nil
}

// repeat calls until the time is over, and returns how often.
func repeat(ctx context.Context, caller caller, check *check, until time.Time) (int, error) {
	for n := 1; ; n++ {
		answer, err := caller.call(ctx, check.call)
		if err != nil {
			return n, fmt.Errorf("%s: %w", check.call.name, err)
		}
		if err := check.answer(answer); err != nil {
			return n, err
		}
		if ctx.Err() != nil || !time.Now().Before(until) {
			return n, nil
		}
	}
}
