package rest

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// request sends a request on a connection of its own that takes little before it is
// read.
func request(t *testing.T, server *httptest.Server, text string) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.(*net.TCPConn).SetReadBuffer(256 << 10)
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(nc, text); err != nil {
		t.Fatal(err)
	}
	return nc
}

// answerOf reads the answer on a connection.
func answerOf(t *testing.T, nc net.Conn) (*http.Response, string) {
	t.Helper()
	response, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waiting for %s", what)
		}
	}
}

// TestSlowReaders: callers that do not read their answers hold no more than a limit,
// and count as in flight. One more reader is refused; a payment goes through.
func TestSlowReaders(t *testing.T) {
	const size = 15 << 20
	h, client := newHandlerFor(t, io.Discard, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, `{"payment":{"pgTxId":"tx","paidAt":"2026-01-02T03:04:05Z"}}`)
			return
		}
		_, _ = io.WriteString(w, `{"status":"NEW","x":"`+strings.Repeat("x", size)+`"}`)
	})
	h.held.limit = 40 << 20 // two answers, which take 16 MiB each
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	get := "GET /payments/p1 HTTP/1.1\r\nHost: gateway\r\n\r\n"
	pay := "POST /payments/p1/billing-key HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n\r\n{}"
	slow := []net.Conn{request(t, server, get), request(t, server, get)}
	await(t, "two answers to be written", func() bool { return h.Held() == 32<<20 })
	await(t, "both to count", func() bool { return client.InFlight() == 2 })

	response, body := answerOf(t, request(t, server, get))
	if response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, `"type":"OVERLOADED"`) {
		t.Errorf("a third reader is answered with %s %.200s", response.Status, body)
	}
	if response, body := answerOf(t, request(t, server, pay)); response.StatusCode != http.StatusOK {
		t.Errorf("a payment is answered with %s %.200s", response.Status, body)
	}
	h.held.limit = 32 << 20
	for _, text := range []string{get, pay} {
		if response, body := answerOf(t, request(t, server, text)); !strings.Contains(body, `"type":"OVERLOADED"`) || response.Header.Get(headerOutcome) != map[string]string{pay: "none"}[text] {
			t.Errorf("without any room the answer is %s %v %.200s", response.Status, response.Header, body)
		}
	}
	await(t, "the quick ones to end", func() bool { return h.Held() == 32<<20 && client.InFlight() == 2 })

	if response, body := answerOf(t, slow[0]); response.StatusCode != http.StatusOK || len(body) < size {
		t.Errorf("who reads at last gets %s, %d bytes", response.Status, len(body))
	}
	_ = slow[1].Close() // who never does
	await(t, "all room to be there again", func() bool { return h.Held() == 0 && client.InFlight() == 0 })
}

// TestSlowBody: a body that does not arrive in time was not sent on, and its caller is
// told so.
func TestSlowBody(t *testing.T) {
	asked := make(chan string, 10)
	h, _ := newHandlerFor(t, io.Discard, func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path })
	h.bodyTimeout = 50 * time.Millisecond
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for name, framing := range map[string]string{"a length": "Content-Length: 2\r\n\r\n{", "chunks": "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
		response, body := answerOf(t, request(t, server, "POST /payments/p1/billing-key HTTP/1.1\r\nHost: gateway\r\n"+framing))
		if response.StatusCode != http.StatusRequestTimeout || !strings.Contains(body, `"type":"INVALID_REQUEST"`) || !strings.Contains(body, "did not arrive within 50ms") ||
			response.Header.Get(headerOutcome) != nothingDone || !response.Close {
			t.Errorf("%s: the answer is %s %v %s", name, response.Status, response.Header, body)
		}
	}
	if len(asked) > 0 {
		t.Errorf("PortOne got %d requests", len(asked))
	}
}
