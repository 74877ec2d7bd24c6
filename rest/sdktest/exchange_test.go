package sdktest

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// exchange is a request and its answer, as far as both ways to PortOne must have
// them alike.
type exchange struct {
	Method string
	Path   []string // its segments, unescaped
	Query  map[string]any
	Body   any

	Status    int
	MediaType string
	Answer    any
}

// recorder is a handler that notes the exchanges of another one.
type recorder struct {
	handler http.Handler

	mu        sync.Mutex
	exchanges []exchange
}

// record returns a recorder for a handler.
func record(handler http.Handler) *recorder { return &recorder{handler: handler} }

// ServeHTTP implements http.Handler.
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	r.handler.ServeHTTP(answer, req)

	r.mu.Lock()
	r.exchanges = append(r.exchanges, describe(req, body, answer))
	r.mu.Unlock()

	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// all are the exchanges so far.
func (r *recorder) all() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exchanges
}

func describe(req *http.Request, body []byte, answer *httptest.ResponseRecorder) exchange {
	x := exchange{Method: req.Method, Query: make(map[string]any), Status: answer.Code}
	for _, segment := range strings.Split(req.URL.EscapedPath(), "/") {
		if text, err := url.PathUnescape(segment); err == nil {
			segment = text
		}
		x.Path = append(x.Path, segment)
	}
	for name, values := range req.URL.Query() {
		x.Query[name] = values
	}
	switch requestBody := req.URL.Query().Get("requestBody"); requestBody {
	case "":
	case "{}": // says nothing: the gateway sends it only where PortOne requires one
		delete(x.Query, "requestBody")
	default:
		x.Query["requestBody"] = instants(readJSON([]byte(requestBody)))
	}
	x.Body = instants(readJSON(body))
	x.MediaType, _, _ = mime.ParseMediaType(answer.Header().Get("Content-Type"))
	x.Answer = readJSON(answer.Body.Bytes())
	return x
}

// readJSON is a document with exact numbers; what is none, as text.
func readJSON(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return string(text)
	}
	return value
}

// instants writes every date-time of a document in one way: the gateway keeps the
// instants, not their notation.
func instants(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			v[name] = instants(v[name])
		}
	case []any:
		for i := range v {
			v[i] = instants(v[i])
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return value
}

// withoutOurs are exchanges without what errors of the gateway have besides
// PortOne's members: those of google.rpc.Status.
func withoutOurs(t *testing.T, exchanges []exchange) []exchange {
	t.Helper()
	for _, x := range exchanges {
		if x.Status == http.StatusOK {
			continue
		}
		members, _ := x.Answer.(map[string]any)
		if members["code"] == nil || members["details"] == nil {
			t.Errorf("%s %q: an error without google.rpc.Status: %v", x.Method, x.Path, x.Answer)
		}
		delete(members, "code")
		delete(members, "details")
	}
	return exchanges
}
