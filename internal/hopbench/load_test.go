package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestLoadReportsWrongAnswers is what makes the figures worth something: a server
// cannot be fast by answering something else.
func TestLoadReportsWrongAnswers(t *testing.T) {
	right := heldCall.answer
	tests := []struct {
		name   string
		status int
		first  []byte // answer
		later  []byte
		want   string // in the error; empty for none
	}{
		{"all right", 200, right, right, ""},
		{"another layout, but the same each time", 200, spaced(right), spaced(right), ""},
		{"an error", 503, []byte("no more"), nil, "503 Service Unavailable: no more"},
		{"a success that is none", 202, right, right, "202 Accepted"},
		{"nothing", 200, nil, nil, "not what the upstream sent"},
		{"another state", 200, bytes.ReplaceAll(right, []byte("PAID"), []byte("FAILED")), nil, "not what the upstream sent"},
		{"shorter later", 200, right, right[1:], "others had"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				answer := tt.later
				if calls.Add(1) == 1 {
					answer = tt.first
				}
				w.WriteHeader(tt.status)
				w.Write(answer)
			}))
			t.Cleanup(server.Close)
			l := loader{crowds: map[crowdKey]*crowd{}}
			_, err := l.do(job{
				Protocol: protocolHTTP, Address: server.Listener.Addr().String(), Call: measuredCalls[0].name,
				Callers: 1, Connections: 1, For: 50 * time.Millisecond,
			})
			if got := fmt.Sprint(err); tt.want == "" && err != nil || !strings.Contains(got, tt.want) {
				t.Errorf("error %q, want one with %q", got, tt.want)
			}
		})
	}
}

// spaced is the same document in other bytes.
func spaced(document []byte) []byte { return append([]byte(" "), document...) }

func TestCheckWire(t *testing.T) {
	for _, c := range measuredCalls {
		t.Run(c.name, func(t *testing.T) {
			wire, err := c.answerWire()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.checkWire(wire); err != nil {
				t.Error(err)
			}
			for name, wrong := range map[string][]byte{"empty": {}, "cut": wire[:len(wire)-1]} {
				if err := c.checkWire(wrong); err == nil {
					t.Errorf("an answer that is %s is taken for right", name)
				}
			}
		})
	}
}

func TestLoadRefusesUnknownJobs(t *testing.T) {
	tests := []job{
		{Protocol: protocolHTTP, Call: "no such call"},
		{Protocol: "no such protocol", Call: heldCall.name},
	}
	for _, j := range tests {
		l := loader{crowds: map[crowdKey]*crowd{}}
		if _, err := l.do(j); err == nil {
			t.Errorf("%+v is done", j)
		}
	}
}
