package rest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

// TestStatus: whichever 2xx PortOne answers with reaches who calls by REST.
func TestStatus(t *testing.T) {
	p, g := newPortone(t)
	for _, test := range []struct {
		status       int
		method, path string
		body         string
	}{
		{200, "POST", payPath, `{"payment":{}}`},
		{201, "POST", payPath, `{"payment":{}}`},
		{202, "GET", "/payments/p1", `{"status":"NEW"}`},
		{203, "GET", "/payments/p1", `{"status":"NEW"}`},
		{200, "DELETE", "/platform/transfers/t1", ""},
		{202, "DELETE", "/platform/transfers/t1", ""},
		{204, "DELETE", "/platform/transfers/t1", ""},
		{201, "GET", "/b2b/tax-invoices-sheet", "a,b"},
		{204, "GET", "/b2b/tax-invoices-sheet", ""},
	} {
		t.Run(fmt.Sprint(test.status, " ", test.method, " ", test.path), func(t *testing.T) {
			p.expect("application/json", test.status, []byte(test.body))
			for range 2 { // on the same connection: nothing is left over
				response, body := do(t, g, test.method, test.path, "")
				if response.StatusCode != test.status || body != test.body || response.Header.Get("X-Request-Id") == "" {
					t.Errorf("the answer is %s with %v, %s", response.Status, response.Header, body)
				}
				if test.status == http.StatusNoContent && (response.Header["Content-Length"] != nil || response.Header["Content-Type"] != nil) {
					t.Errorf("an answer without content has %v", response.Header)
				}
			}
		})
	}
}

// fileHeaders are header lines of PortOne for a file.
var fileHeaders = []string{
	"Content-Type: text/csv; charset=euc-kr", "Content-Disposition: attachment; filename=\"\xec\xa0\x95\xec\x82\xb0.csv\"", "Content-Encoding: gzip",
	"Content-Language: ko, en", "Last-Modified: Fri, 02 Jan 2026 03:04:05 GMT", `ETag: "v1"`,
}

// rawPortone answers every request with the same bytes and closes the connection.
func rawPortone(t *testing.T, answer string) *gatewaytest.Gateway {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			nc, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(nc)); err == nil {
				_, _ = io.WriteString(nc, answer)
			}
			_ = nc.Close()
		}
	}()
	return gatewaytest.Start(t, gatewaytest.Options{URL: "http://" + listener.Addr().String()})
}

// TestFileHeaders: what PortOne says of a file reaches the caller as it came, and
// what it does not say is not made up.
func TestFileHeaders(t *testing.T) {
	g := rawPortone(t, "HTTP/1.1 200 OK\r\n"+strings.Join(fileHeaders, "\r\n")+"\r\nX-Internal: 1\r\nContent-Length: 3\r\n\r\na,b")
	response, body := do(t, g, "GET", "/b2b/tax-invoices-sheet", "", "Accept-Encoding", "identity")
	if body != "a,b" || response.ContentLength != 3 || response.Header.Get("X-Internal") != "" {
		t.Errorf("the answer is %q with %v", body, response.Header)
	}
	for _, line := range fileHeaders {
		name, want, _ := strings.Cut(line, ": ")
		if got := response.Header.Get(name); got != want {
			t.Errorf("REST: %s is %q, want %q", name, got, want)
		}
	}
	stream, err := portonev2.NewTaxInvoiceServiceClient(g.Conn).DownloadB2BTaxInvoicesSheet(t.Context(), &portonev2.DownloadB2BTaxInvoicesSheetRequest{})
	if err != nil {
		t.Fatal(err)
	}
	piece, err := stream.Recv()
	if err != nil || string(piece.Data) != "a,b" || piece.ContentType != "text/csv; charset=euc-kr" {
		t.Errorf("gRPC: the piece is %v, %v", piece, err)
	}
	header, err := stream.Header()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range fileHeaders[1:] {
		name, want, _ := strings.Cut(line, ": ")
		if name = strings.ToLower(name); name == "content-disposition" {
			name += "-bin"
		}
		if got := header.Get(name); len(got) != 1 || got[0] != want {
			t.Errorf("gRPC: %s is %q, want %q", name, got, want)
		}
	}
}

// TestFileWithoutHeaders: a type is not guessed, nor a length.
func TestFileWithoutHeaders(t *testing.T) {
	for name, answer := range map[string]string{
		"in chunks":             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n",
		"in chunks, and longer": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<html>\r\n0\r\n\r\n",
		"until the end":         "HTTP/1.0 200 OK\r\n\r\n<html>",
	} {
		t.Run(name, func(t *testing.T) {
			g := rawPortone(t, answer)
			response, body := do(t, g, "GET", "/b2b/tax-invoices-sheet", "")
			if body != "<html>" || response.Header["Content-Type"] != nil || response.Header["Etag"] != nil {
				t.Errorf("the answer is %q with %v", body, response.Header)
			}
			stream, err := portonev2.NewTaxInvoiceServiceClient(g.Conn).DownloadB2BTaxInvoicesSheet(t.Context(), &portonev2.DownloadB2BTaxInvoicesSheetRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if piece, err := stream.Recv(); err != nil || string(piece.Data) != "<html>" || piece.ContentType != "" {
				t.Errorf("gRPC: the piece is %v, %v", piece, err)
			}
		})
	}
}

// TestStrangeType: a content type that cannot stand in a message stands beside it.
func TestStrangeType(t *testing.T) {
	g := rawPortone(t, "HTTP/1.1 200 OK\r\nContent-Type: text/\xff\r\nContent-Length: 1\r\n\r\na")
	stream, err := portonev2.NewTaxInvoiceServiceClient(g.Conn).DownloadB2BTaxInvoicesSheet(context.Background(), &portonev2.DownloadB2BTaxInvoicesSheetRequest{})
	if err != nil {
		t.Fatal(err)
	}
	piece, err := stream.Recv()
	if err != nil || piece.ContentType != "" || string(piece.Data) != "a" {
		t.Errorf("the piece is %v, %v", piece, err)
	}
	if header, err := stream.Header(); err != nil || len(header.Get("content-type-bin")) != 1 || header.Get("content-type-bin")[0] != "text/\xff" {
		t.Errorf("the header is %v, %v", header, err)
	}
}

// TestCutFile: a client of HTTP/1.0, for whom the end of the connection is the end of
// the file, sees by its length that it is not.
func TestCutFile(t *testing.T) {
	// More than net/http keeps back, which it drops when an answer breaks off.
	g := rawPortone(t, "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"+strings.Repeat("x", 20000))
	c := dialRaw(t, g)
	c.say("GET /b2b/tax-invoices-sheet HTTP/1.0\r\n\r\n")
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, err := io.ReadAll(response.Body); err == nil || response.ContentLength != 40000 {
		t.Errorf("%d bytes of %d came, %v", len(body), response.ContentLength, err)
	}
}
