package service_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
)

const (
	fileSize  = 40 << 20
	linesSize = 64 << 10

	// mayHold is how much of a file may be in the process while no one reads it:
	// windows of HTTP/2 and buffers of both sides, but far from the file.
	mayHold = 1 << 20
)

// sheet makes a file of lines, without having it.
type sheet struct {
	size    int64
	written atomic.Int64
	hash    hash.Hash
	broke   chan error // what ended the writing before its time
}

func newSheet(size int64) *sheet {
	return &sheet{size: size, hash: sha256.New(), broke: make(chan error, 1)}
}

// serve sends the file. Promised is the size that the answer announces.
func (s *sheet) serve(promised int64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=euc-kr")
		w.Header().Set("Content-Disposition", `attachment; filename="sheet.csv"`)
		w.Header().Set("Content-Length", strconv.FormatInt(promised, 10))
		lines := bytes.Repeat([]byte("2026-01-02,1000\r\n"), linesSize/17+1)[:linesSize]
		for s.written.Load() < s.size {
			binary.BigEndian.PutUint64(lines, uint64(s.written.Load()))
			s.hash.Write(lines)
			if _, err := w.Write(lines); err != nil {
				s.broke <- err
				return
			}
			s.written.Add(linesSize)
		}
		if s.size < promised {
			panic(http.ErrAbortHandler)
		}
	}
}

// download is one of the operations whose answer is a file.
type download struct {
	name string
	open func(context.Context, grpc.ClientConnInterface) (grpc.ServerStreamingClient[httpbody.HttpBody], error)
}

var downloads = []download{
	{"transfers", func(ctx context.Context, conn grpc.ClientConnInterface) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return portonev2.NewPlatformTransferServiceClient(conn).DownloadPlatformTransferSheet(ctx, &portonev2.DownloadPlatformTransferSheetRequest{})
	}},
	{"tax invoices", func(ctx context.Context, conn grpc.ClientConnInterface) (grpc.ServerStreamingClient[httpbody.HttpBody], error) {
		return portonev2.NewTaxInvoiceServiceClient(conn).DownloadB2BTaxInvoicesSheet(ctx, &portonev2.DownloadB2BTaxInvoicesSheetRequest{})
	}},
}

// start opens a download and reads its first piece.
func (d download) start(t *testing.T, ctx context.Context, conn grpc.ClientConnInterface) (grpc.ServerStreamingClient[httpbody.HttpBody], []byte) {
	t.Helper()
	stream, err := d.open(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	piece, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if piece.ContentType != "text/csv; charset=euc-kr" {
		t.Errorf("the content type is %q", piece.ContentType)
	}
	header, err := stream.Header()
	if err != nil || one(t, header, "content-disposition") != `attachment; filename="sheet.csv"` || one(t, header, "x-request-id") == "" {
		t.Errorf("the header is %v, %v", header, err)
	}
	return stream, piece.Data
}

// TestLargeFile streams 40 MiB to a caller who stops reading after the first piece:
// the gateway stops reading too, and holds little of it. Then he reads the rest.
func TestLargeFile(t *testing.T) {
	for _, d := range downloads {
		t.Run(d.name, func(t *testing.T) {
			p := answers(http.StatusOK, paid)
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			// A window that does not grow, or grpc-go's client would hold megabytes.
			conn := connect(t, g.Addr, grpc.WithInitialWindowSize(64<<10), grpc.WithInitialConnWindowSize(64<<10))
			pay(t, conn, "first")
			before := heapObjects()
			s := newSheet(fileSize)
			p.set(s.serve(fileSize))
			stream, first := d.start(t, t.Context(), conn)
			s.awaitStandstill(t)
			after := heapObjects()
			t.Logf("PortOne sent %d bytes; the heap grew by %d", s.written.Load(), int64(after-before))
			if after > before+mayHold {
				t.Errorf("the heap grew by %d bytes while nobody read", after-before)
			}
			if written := s.written.Load(); written >= fileSize {
				t.Errorf("PortOne could send all %d bytes while nobody read", written)
			}
			hash, size := sha256.New(), int64(len(first))
			hash.Write(first)
			for {
				piece, err := stream.Recv()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("after %d bytes: %v", size, err)
				}
				hash.Write(piece.Data)
				size += int64(len(piece.Data))
			}
			if size != fileSize || string(hash.Sum(nil)) != string(s.hash.Sum(nil)) {
				t.Errorf("%d bytes came, or others than were sent", size)
			}
		})
	}
}

// awaitStandstill waits until nothing more is written for a while. Where the while
// is too short for a busy machine, less is held than might be.
func (s *sheet) awaitStandstill(t *testing.T) {
	t.Helper()
	last, since := int64(-1), time.Now()
	await(t, "the sending to stop", func() bool {
		if now := s.written.Load(); now != last {
			last, since = now, time.Now()
		}
		return last == s.size || last > 0 && time.Since(since) > 200*time.Millisecond
	})
}

// TestFileBreaks: a file that ends too early ends as an error.
func TestFileBreaks(t *testing.T) {
	for _, d := range downloads {
		t.Run(d.name, func(t *testing.T) {
			s := newSheet(4 << 20)
			p := &portone{answer: s.serve(fileSize)}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			stream, first := d.start(t, t.Context(), g.Conn)
			size := len(first)
			for {
				piece, err := stream.Recv()
				if err != nil {
					checkStatus(t, err, codes.Unavailable, "UPSTREAM_FAILED")
					if info, _, _ := details(err); info.GetDomain() != contract.GatewayDomain || info.GetMetadata()["operation"] == "" {
						t.Errorf("the ErrorInfo is %v", info)
					}
					break
				}
				size += len(piece.Data)
			}
			if size > 4<<20 {
				t.Errorf("%d bytes came", size)
			}
			if n := len(p.requests()); n != 1 {
				t.Errorf("PortOne got %d requests", n)
			}
			p.set(answerWith(http.StatusOK, paid))
			pay(t, g.Conn, "next")
		})
	}
}

// TestFileCancelled: a caller who goes away in the middle frees PortOne.
func TestFileCancelled(t *testing.T) {
	for _, d := range downloads {
		t.Run(d.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			s := newSheet(fileSize)
			p := &portone{answer: s.serve(fileSize)}
			g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
			stream, _ := d.start(t, ctx, g.Conn)
			cancel()
			if err := receive(t, "PortOne to be left", s.broke); err == nil {
				t.Error("PortOne could send on")
			}
			for {
				if _, err := stream.Recv(); err != nil {
					checkStatus(t, err, codes.Canceled, "")
					break
				}
			}
			await(t, "the call to end", func() bool { return g.Upstream.InFlight() == 0 })
			p.set(answerWith(http.StatusOK, paid))
			pay(t, g.Conn, "next")
		})
	}
}

// TestFileRefused: an error in place of a file is one, with its type; an empty file
// is a file.
func TestFileRefused(t *testing.T) {
	p := &portone{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	for _, d := range downloads {
		t.Run(d.name, func(t *testing.T) {
			p.set(answerWith(http.StatusForbidden, `{"type":"FORBIDDEN"}`))
			stream, err := d.open(t.Context(), g.Conn)
			if err == nil {
				_, err = stream.Recv()
			}
			checkStatus(t, err, codes.PermissionDenied, "FORBIDDEN")

			p.set(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/csv") })
			stream, err = d.open(t.Context(), g.Conn)
			if err != nil {
				t.Fatal(err)
			}
			if piece, err := stream.Recv(); err != nil || piece.ContentType != "text/csv" || len(piece.Data) > 0 {
				t.Errorf("the empty file is %v, %v", piece, err)
			}
			if piece, err := stream.Recv(); err != io.EOF {
				t.Errorf("behind it is %v, %v", piece, err)
			}
		})
	}
}
