package service

import (
	"context"

	"github.com/portone-gateway/portone-gateway/errmap"
)

// maxAsked is how much the log has of what was asked for, in bytes.
const maxAsked = 128

// isMethodName tells whether a name can be a method's: of identifiers, and not long. No
// other goes into the log, since it may hold anything.
func isMethodName(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/') {
			return false
		}
	}
	return len(name) <= maxAsked
}

// Refuse ends what is no call of a method as a failure. It passes the first steps of a
// call as Unknown: it gets its request id, and metrics and the log see it. The error is
// an *errmap.Error.
func (s *Server) Refuse(ctx context.Context, c *Call, failure errmap.Failure) error {
	return s.RefuseWith(ctx, c, func() error { return s.opts.Mapper.Failure(c.Describe(), failure, nil) })
}

// RefuseWith is Refuse with an error that make makes, which must be an *errmap.Error.
func (s *Server) RefuseWith(ctx context.Context, c *Call, make func() error) error {
	c.Method = Unknown
	c.language = errmap.ParseLanguage(first(c.Headers.Values(HeaderLanguage)))
	return s.chain(firstSteps, func(context.Context, *Call) error { return make() })(ctx, c)
}
