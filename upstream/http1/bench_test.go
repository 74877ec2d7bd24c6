package http1_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// payment has the size of an everyday answer.
var payment = answer(strings.Repeat("x", 3400))

// stub answers as fast as it can: a request is what one read gives.
func stub(p *peer) {
	buf, raw := make([]byte, 64<<10), []byte(payment)
	for {
		if _, err := p.Read(buf); err != nil {
			return
		}
		if _, err := p.Write(raw); err != nil {
			return
		}
	}
}

// BenchmarkDo calls with a context that can be canceled, here and with net/http's
// client, which is given its request ready made.
func BenchmarkDo(b *testing.B) {
	for _, kind := range network {
		s := serve(b, kind, stub)
		b.Run(string(kind)+"/http1", func(b *testing.B) { benchHTTP1(b, s) })
		b.Run(string(kind)+"/nethttp", func(b *testing.B) { benchNetHTTP(b, s) })
	}
}

func benchHTTP1(b *testing.B, s *server) {
	c := s.client(b)
	req := post("/payments", []byte(`{"amount":1000}`))
	req.Header = []byte("Authorization: PortOne secret\r\nContent-Type: application/json\r\n")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var resp http1.Response
		for pb.Next() {
			ctx, cancel := context.WithCancel(context.Background())
			buf, err := c.Do(ctx, time.Now().Add(time.Minute), req, &resp)
			cancel()
			if err != nil || len(*buf) != 3400 {
				b.Fatal(err)
			}
			bytepool.Shared.Put(buf)
		}
	})
}

func benchNetHTTP(b *testing.B, s *server) {
	transport := &http.Transport{MaxIdleConnsPerHost: 100, TLSClientConfig: s.config.TLS, DisableCompression: true}
	defer transport.CloseIdleConnections()
	url := "http://" + s.config.Address + "/payments"
	if s.config.TLS != nil {
		url = "https://" + s.config.Address + "/payments"
	}
	body := []byte(`{"amount":1000}`)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		buf := make([]byte, 0, 4096)
		for pb.Next() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			req, err := http.NewRequestWithContext(ctx, "POST", url, bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			req.Header["Authorization"] = []string{"PortOne secret"}
			req.Header["Content-Type"] = []string{"application/json"}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				b.Fatal(err)
			}
			read := bytes.NewBuffer(buf)
			n, err := io.Copy(read, resp.Body)
			resp.Body.Close()
			cancel()
			if err != nil || n != 3400 {
				b.Fatal(err, n)
			}
		}
	})
}

// BenchmarkFloor is the same with no client at all: what a write and a read cost.
func BenchmarkFloor(b *testing.B) {
	s := serve(b, plain, stub)
	conn, err := net.Dial("tcp", s.config.Address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	request := bytes.Repeat([]byte("x"), 150)
	in := bufio.NewReaderSize(conn, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		if _, err := in.Discard(len(payment)); err != nil {
			b.Fatal(err)
		}
	}
}
