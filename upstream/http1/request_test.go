package http1_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// TestRequests: what is sent, byte for byte.
func TestRequests(t *testing.T) {
	got := make(chan string, 1)
	for _, kind := range allKinds {
		s := serve(t, kind, func(p *peer) {
			for {
				raw, err := p.request()
				if err != nil {
					return
				}
				got <- raw
				p.write(answer(""))
			}
		})
		c := s.client(t)
		target := func(path, query string) [2][]byte { return [2][]byte{[]byte(path), []byte(query)} }
		for _, test := range []struct {
			name string
			req  http1.Request
			want string
		}{
			{"path", http1.Request{Method: "GET", Target: target("/payments/a%20b", "")},
				"GET /payments/a%20b HTTP/1.1\r\nHost: api.test\r\n\r\n"},
			{"query", http1.Request{Method: "GET", Target: target("/payments", "storeId=a&requestBody=%7B%7D")},
				"GET /payments?storeId=a&requestBody=%7B%7D HTTP/1.1\r\nHost: api.test\r\n\r\n"},
			{"query in the path", http1.Request{Method: "DELETE", Target: target("/payments?a=b", "")},
				"DELETE /payments?a=b HTTP/1.1\r\nHost: api.test\r\n\r\n"},
			{"bytes beyond ASCII", http1.Request{Method: "GET", Target: target("/\xea\xb0\x80\xff", "")},
				"GET /\xea\xb0\x80\xff HTTP/1.1\r\nHost: api.test\r\n\r\n"},
			{"header", http1.Request{Method: "GET", Target: target("/", ""), Header: []byte("Authorization: PortOne x\r\nAccept:\r\n")},
				"GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: PortOne x\r\nAccept:\r\n\r\n"},
			{"body", http1.Request{Method: "POST", Target: target("/", ""), Header: []byte("A: b\r\n"), Body: []byte(`{"a":1}`)},
				"POST / HTTP/1.1\r\nHost: api.test\r\nA: b\r\nContent-Length: 7\r\n\r\n{\"a\":1}"},
			{"empty body", http1.Request{Method: "POST", Target: target("/", ""), Body: []byte{}},
				"POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n"},
			{"no body with a method that has one", http1.Request{Method: "POST", Target: target("/", "")},
				"POST / HTTP/1.1\r\nHost: api.test\r\nContent-Length: 0\r\n\r\n"},
			{"no body with one that need not", http1.Request{Method: "DELETE", Target: target("/", "")},
				"DELETE / HTTP/1.1\r\nHost: api.test\r\n\r\n"},
		} {
			if _, _, err := do(c, &test.req); err != nil {
				t.Errorf("%s, %s: %v", kind, test.name, err)
			} else if got := <-got; got != test.want {
				t.Errorf("%s, %s: got %q, want %q", kind, test.name, got, test.want)
			}
		}
		for _, size := range []int{1, 511, 16<<10 - 1, 16 << 10, 16<<10 + 1, 1 << 20} {
			body := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
			if _, _, err := do(c, post("/", body)); err != nil {
				t.Errorf("%s, %d bytes: %v", kind, size, err)
			} else if _, got, _ := strings.Cut(<-got, "\r\n\r\n"); got != string(body) {
				t.Errorf("%s: %d bytes arrive as %d", kind, size, len(got))
			}
		}
		if n := s.accepted.Load(); n != 1 {
			t.Errorf("%s: %d connections, want 1", kind, n)
		}
	}
}

// TestRefusedRequests: what would be another request, or two, is not sent.
func TestRefusedRequests(t *testing.T) {
	s := serve(t, plain, echo)
	c := s.client(t)
	smuggled := " HTTP/1.1\r\nHost: x\r\n\r\nGET /b"
	for _, test := range []struct{ name, method, path, query, header string }{
		{name: "no method", path: "/"},
		{name: "space in the method", method: "GET /b", path: "/"},
		{name: "lines in the method", method: "GET" + smuggled, path: "/"},
		{name: "colon in the method", method: "A:", path: "/"},
		{name: "no target", method: "GET"},
		{name: "no path", method: "GET", query: "a=b"},
		{name: "another server's target", method: "GET", path: "http://example.com/"},
		{name: "lines in the path", method: "GET", path: "/a" + smuggled},
		{name: "lines in the query", method: "GET", path: "/", query: "a" + smuggled},
		{name: "CR in the path", method: "GET", path: "/a\rb"},
		{name: "LF in the query", method: "GET", path: "/", query: "a\nb"},
		{name: "space in the path", method: "GET", path: "/a HTTP/1.0"},
		{name: "tab in the query", method: "GET", path: "/", query: "a\tb"},
		{name: "NUL in the path", method: "GET", path: "/a\x00"},
		{name: "DEL in the query", method: "GET", path: "/", query: "\x7f"},
		{name: "header without end", method: "GET", path: "/", header: "A: b"},
		{name: "header with LF", method: "GET", path: "/", header: "A: b\n"},
		{name: "header with LF in between", method: "GET", path: "/", header: "A: b\nC: d\r\n"},
		{name: "header with CR in between", method: "GET", path: "/", header: "A: b\rC: d\r\n"},
		{name: "header that ends the head", method: "GET", path: "/", header: "A: b\r\n\r\nGET /b HTTP/1.1\r\n"},
		{name: "header that is an empty line", method: "GET", path: "/", header: "\r\n"},
	} {
		req := &http1.Request{Method: test.method, Target: [2][]byte{[]byte(test.path), []byte(test.query)}, Header: []byte(test.header)}
		_, _, err := do(c, req)
		t.Run(test.name, func(t *testing.T) { wantError(t, err, http1.Malformed, false) })
	}
	if n := s.accepted.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

// FuzzRequest: whatever is asked for is refused, or arrives as that and nothing else.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/payments", "a=b", "A: b\r\n", []byte("body"))
	f.Add("POST", "/a HTTP/1.1\r\n", "", "\r\n\r\nGET / HTTP/1.1\r\n", []byte(nil))
	got := make(chan []byte, 1)
	s := serve(f, socket, func(p *peer) {
		_, _ = p.Write([]byte("HTTP/1.1 204 No Content\r\n\r\n")) // early, so that none has to be understood
		_ = p.SetReadDeadline(time.Now().Add(soon))
		raw, _ := io.ReadAll(p.in)
		got <- raw
	})
	f.Fuzz(func(t *testing.T, method, path, query, header string, body []byte) {
		c := http1.New(s.config)
		req := &http1.Request{Method: method, Target: [2][]byte{[]byte(path), []byte(query)}, Header: []byte(header), Body: body}
		_, _, err := do(c, req)
		c.Close()
		if err != nil {
			wantError(t, err, http1.Malformed, false)
			return
		}
		raw := <-got
		in := bufio.NewReader(bytes.NewReader(raw))
		line, _ := in.ReadString('\n')
		want := method + " " + path
		if query != "" {
			want += "?" + query
		}
		if line != want+" HTTP/1.1\r\n" || strings.Count(line, " ") != 2 {
			t.Fatalf("request line %q for %q %q %q", line, method, path, query)
		}
		if n := bytes.Index(raw, []byte("\r\n\r\n")); len(raw)-n-4 != len(body) {
			t.Fatalf("%d bytes follow the head in %q", len(raw)-n-4, raw)
		}
		parsed, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err == nil && (parsed.Method != method || parsed.RequestURI != strings.TrimPrefix(want, method+" ")) {
			t.Fatalf("net/http reads %s %s from %q", parsed.Method, parsed.RequestURI, raw)
		}
	})
}
