package front

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestMain sets how many requests a property draws for each operation: few enough
// that `go test` takes seconds. For more,
//
//	go test ./sandbox -rapid.checks 400
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "10"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// start is when the clock of every test begins, unless it says otherwise.
var start = time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)

func newSandbox(t testing.TB) *Server {
	t.Helper()
	s, err := New(Options{Clock: world.NewStoppedClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends a request in process. Headers are "Name: value"; there is an API
// secret unless they say otherwise.
func ask(s http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "PortOne test-secret")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// errorOf reads the type and message of a typed error; empty if it is none.
func errorOf(w *httptest.ResponseRecorder) (typ, message string) {
	var e struct{ Type, Message string }
	if w.Code == http.StatusOK || json.Unmarshal(w.Body.Bytes(), &e) != nil {
		return "", ""
	}
	return e.Type, e.Message
}

// expect checks the status and, for an error, the type of an answer.
func expect(t testing.TB, w *httptest.ResponseRecorder, status int, typ string) {
	t.Helper()
	if got, _ := errorOf(w); w.Code != status || got != typ {
		t.Errorf("status %d, type %q, want %d, %q; body: %s", w.Code, got, status, typ, w.Body)
	}
}
