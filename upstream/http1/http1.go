// Package http1 is a client for HTTP/1.1 (RFC 9112) to one server, made for a
// gateway: small requests, answers read as a whole or as a stream, and exact
// knowledge of whether a request may have reached the server when something
// breaks.
//
// It exists because the gateway's cost is mostly that of its HTTP client.
// net/http runs two goroutines for a connection and hands every request over
// to them; here a call writes and reads its connection by itself, unless it has a
// large body to send. It does not do what a client of one JSON API has no use for:
// redirects, cookies, proxies by request, content encodings, trailers, HTTP/2.
package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// Config says where the server is and how to treat connections to it. There are
// no defaults: a limit of zero lets nothing through.
type Config struct {
	// Address is host:port of the server, or the path of its Unix socket.
	Address string

	// Unix tells that Address is the path of a Unix socket.
	Unix bool

	// Host is the value of the Host header.
	Host string

	// TLS is set for HTTPS, with ServerName; nil speaks plain HTTP.
	TLS *tls.Config

	// Proxy is host:port of an HTTP proxy that connects to the server by CONNECT;
	// empty for none. ProxyAuthorization is what that header says to it; empty for
	// nothing.
	Proxy, ProxyAuthorization string

	// DialTimeout is how long connecting may take, the TLS handshake included.
	DialTimeout time.Duration

	// IdleTimeout is how long a connection is kept without a request on it. It
	// should be less than the server's, so that a request seldom meets a
	// connection that the server is closing.
	IdleTimeout time.Duration

	// MaxIdle is how many connections are kept without a request on them.
	MaxIdle int

	// MaxHeader is how many bytes the head of an answer may have.
	MaxHeader int

	// MaxBody is how many bytes a body may have that is read as a whole.
	MaxBody int
}

// Request is what to send. Everything in it must be valid in HTTP already:
// nothing is escaped here. What would make another request of it, or two, is
// refused: white space in Method or Target, a Header that is not whole lines.
type Request struct {
	Method string

	// Target is path and query, in pieces that are joined.
	Target [2][]byte

	// Header has complete header lines, each ending with CRLF. Host and
	// Content-Length are not among them.
	Header []byte

	// Body is sent with a Content-Length, which a POST, PUT or PATCH without a body
	// has too.
	Body []byte

	// BeforeSend is called when there is a connection, before the first byte goes out
	// on it; again, where that one is found closed and another is used. May be nil.
	BeforeSend func()
}

// Response is the head of an answer. Its memory is reused when it is used for
// another one.
type Response struct {
	// Status is the HTTP status; 0 as long as no complete head has been read.
	Status int

	head []byte // the header lines as they came
}

// Kind is what went wrong.
type Kind uint8

const (
	// Dial means that no connection could be made.
	Dial Kind = iota
	// Broken means that the connection broke while writing or reading.
	Broken
	// Timeout means that the time given for the call was over.
	Timeout
	// Canceled means that the context ended.
	Canceled
	// Malformed means that what came back is no HTTP/1.1, or what was to be sent is none.
	Malformed
	// TooLarge means that the answer's body is larger than Config.MaxBody.
	TooLarge
)

// String is for logs.
func (k Kind) String() string {
	return [...]string{"connecting", "connection broken", "timeout", "canceled", "malformed answer", "answer too large"}[k]
}

// Error is a call that did not get a whole answer.
type Error struct {
	Kind Kind

	// Sent tells that some of the request may have reached the server. Where it
	// is false, none did.
	Sent bool

	cause error
}

// Error implements error. It is for logs: it may name hosts and addresses.
func (e *Error) Error() string {
	sent := "request not sent"
	if e.Sent {
		sent = "request sent"
	}
	return fmt.Sprintf("%v (%s): %v", e.Kind, sent, e.cause)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// in turns e into Timeout or Canceled if the context has ended, whatever broke after
// that. It changes e.
func (e *Error) in(ctx context.Context) *Error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.cause = Timeout, err
	case err != nil:
		e.Kind, e.cause = Canceled, err
	}
	return e
}

var (
	errMalformed = errors.New("not an HTTP/1.1 answer")
	errTooLarge  = errors.New("over the limit")
	errClosed    = errors.New("the body was closed")
)
