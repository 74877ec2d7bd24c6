package service

import (
	"context"
	"io"
	"strings"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// FileHeaders are those of PortOne's headers that say what a file is. They reach the
// caller as they came, but for the type, which gRPC has in the message.
var FileHeaders = []string{"Content-Type", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Location", "Content-Range",
	"Content-Md5", "Content-Digest", "Last-Modified", "Etag"}

// sender takes the pieces of a file, the first one perhaps empty. The stream is what
// they are read from, for its header.
type sender = func(file *upstream.Stream, piece []byte) error

// pieceSize is how much of a streamed answer is sent at once: with its content type
// it must fit into 32 KiB, since the next larger buffers of grpc-go have 1 MiB, and
// several pieces wait for a slow caller.
const pieceSize = 31 << 10

// stream passes a streamed answer on, piece by piece.
func (s *Server) stream(ctx context.Context, c *Call, request *upstream.Request) error {
	stream, failure := s.opts.Upstream.Open(ctx, request)
	if failure != nil {
		return failure
	}
	defer stream.Close()
	piece := bytepool.Shared.Get(pieceSize)
	defer bytepool.Shared.Put(piece)
	for first := true; ; first = false {
		n, err := stream.Read(*piece)
		end := err == io.EOF
		if n > 0 || end && first { // an empty file has a content type too
			if err := c.send(stream, (*piece)[:n]); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// serveStream answers a gRPC call whose answer is a file.
func (s *Server) serveStream(m *contract.Method, stream grpc.ServerStream) error {
	c := &Call{Method: m, Headers: grpcHeaders{stream.Context()}, Transport: "grpc", receive: stream.RecvMsg}
	defer c.request.free()
	var began bool
	var contentType string
	c.send = func(file *upstream.Stream, piece []byte) error {
		if !began {
			began = true
			var md metadata.MD
			contentType, md = fileMetadata(file)
			_ = stream.SetHeader(md)
			c.setHeader(stream.Context())
		}
		return stream.SendMsg(&httpbody.HttpBody{ContentType: contentType, Data: piece})
	}
	err := s.handle(stream.Context(), c)
	c.setMetadata(stream.Context(), err)
	return err
}

// fileMetadata has the headers of a file as gRPC does. Metadata are printable ASCII;
// other values, such as file names that are Korean without being encoded, stand
// under the header's name with -bin, which is for bytes.
func fileMetadata(file *upstream.Stream) (contentType string, md metadata.MD) {
	md = make(metadata.MD)
	for _, name := range FileHeaders {
		for _, value := range file.Header[name] {
			key := strings.ToLower(name)
			switch {
			case key == "content-type" && contentType == "" && utf8.ValidString(value):
				contentType = value
				continue
			case key == "content-type" || !isHeaderValue(value):
				key += "-bin"
			}
			md.Append(key, value)
		}
	}
	return contentType, md
}
