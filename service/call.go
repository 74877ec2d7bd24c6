package service

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/metadata"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/transcode"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// Names of headers, as gRPC's metadata has them.
const (
	// HeaderRequestID names a call in logs. A caller may choose it.
	HeaderRequestID = "x-request-id"
	// HeaderIdempotencyKey is upstream.IdempotencyHeader.
	HeaderIdempotencyKey = "idempotency-key"
	// HeaderLanguage chooses the language of texts for people.
	HeaderLanguage = "accept-language"
	// HeaderSandbox asks the sandbox for trouble.
	HeaderSandbox = "x-portone-sandbox"
)

// Headers are what a caller sent beside the message: gRPC metadata or HTTP
// headers. http.Header is one.
type Headers interface {
	// Values returns the values of a header, whose name is in lower case.
	Values(name string) []string
}

// grpcHeaders are the metadata of an incoming gRPC call.
type grpcHeaders struct{ ctx context.Context }

func (h grpcHeaders) Values(name string) []string {
	return metadata.ValueFromIncomingContext(h.ctx, name)
}

// Call is one call of an operation on its way through the gateway. It is used by
// one goroutine.
type Call struct {
	// Method is what is called.
	Method *contract.Method

	// Headers are the caller's.
	Headers Headers

	// Wire is the request message. It must not change until the call ends. Where
	// Read is set, it is what Read returns.
	Wire []byte

	// Read reads the request, where it is no message yet. An error of
	// it must be an *errmap.Error. May be nil.
	Read func() ([]byte, error)

	// NoBody says that the request came without the body that the operation may have:
	// then none goes up, and PortOne judges. By gRPC that cannot be told from an empty
	// one.
	NoBody bool

	// Hold is told how many bytes the answer takes until Release, and reports whether
	// there is room for it; if there is not, a read ends as errmap.Overloaded. May be
	// nil.
	Hold func(size int) bool

	// Transport is "grpc" or "rest", for logs and metrics.
	Transport string

	// Peer is who is at the other end of the connection; nil where that is not known,
	// or known by the context (see transport.PeerFromContext).
	Peer *identity.Peer

	// Asked is for the log where Method is Unknown: what was asked for, without any ids.
	Asked string

	// RequestID names the call; set by the first step.
	RequestID string

	// Key is the idempotency key of a mutation, once it is known.
	Key upstream.Key

	// Status is the HTTP status of PortOne's answer, once there is one with 2xx.
	Status int

	access   *access.Call // nil without a policy, and of calls of the gateway itself
	keyMade  bool         // the caller brought no key
	attempts int          // requests that were sent to PortOne for it
	// elsewhere is how long it was with PortOne, or waited to ask again.
	elsewhere time.Duration

	language errmap.Language
	deadline time.Time
	http     *transcode.Request // as it goes up; nil until it is made
	extra    []byte             // header lines for PortOne

	// receive takes in the message of a call by gRPC, into request; nil for others.
	receive func(any) error
	request frame
	meta    answerMetadata // of the answer, by gRPC

	// answer is PortOne's JSON, in a slice of bytepool.Shared.
	answer *[]byte
	// wire is the answer as a message, in another one.
	wire *[]byte
	// upstream counts the call as in flight until Release.
	upstream *upstream.Client
	// send takes the pieces of a streamed answer.
	send sender
}

// free gives back what the call holds.
func (c *Call) free() {
	if c.answer != nil {
		bytepool.Shared.Put(c.answer)
	}
	if c.wire != nil {
		bytepool.Shared.Put(c.wire)
	}
	c.answer, c.wire = nil, nil
}

// maxTarget is how many bytes path and query may have before the JSON of a read
// goes into the body: servers and proxies refuse request lines over 8 KB.
const maxTarget = 7 << 10

// requests are HTTP requests whose buffers are used again.
var requests = sync.Pool{New: func() any { return new(transcode.Request) }}

// recycle gives the buffers of a request back, unless they are large.
func recycle(r *transcode.Request) {
	if cap(r.Body) <= 64<<10 && cap(r.Query) <= 64<<10 {
		requests.Put(r)
	}
}

// forward is the last step: it turns the message into an HTTP request, sends it, and
// turns PortOne's answer into a message.
func (s *Server) forward(ctx context.Context, c *Call) error {
	binding := transcode.BindingOf(c.Method)
	c.http = requests.Get().(*transcode.Request)
	defer func() { recycle(c.http); c.http = nil }()
	c.http.NoBody = c.NoBody
	if err := binding.SetRequest(c.http, c.Wire, maxTarget); err != nil {
		return s.opts.Mapper.Malformed(c.Describe(), err)
	}
	account, err := s.chooseAccount(c)
	if err != nil {
		return err
	}
	request := upstream.Request{
		Method: c.Method, Account: account, Path: c.http.Path, Query: c.http.Query, Body: c.http.Body,
		Key: c.Key, KeyMade: c.keyMade, Deadline: c.deadline, Header: c.extra,
		Call: c, RequestID: c.RequestID,
	}
	if c.Method.Streams {
		return s.stream(ctx, c, &request)
	}
	if c.Transport == "grpc" && c.Method.IsMutation() {
		request.BeforeSend = func() { c.beforeSend(ctx) }
	}
	answer, failure := s.opts.Upstream.Do(ctx, &request)
	c.attempts, c.elsewhere = request.Attempts, request.Elsewhere
	if failure != nil {
		return failure
	}
	c.answer, c.Status = answer, request.Status
	if c.Hold != nil && !c.Hold(cap(*answer)) && !c.Method.IsMutation() {
		return s.opts.Mapper.Failure(c.Describe(), errmap.Overloaded, nil)
	}
	return s.readAnswer(c, binding)
}
