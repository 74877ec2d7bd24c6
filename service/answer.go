package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/portone-gateway/portone-gateway/errmap"
	"github.com/portone-gateway/portone-gateway/internal/bytepool"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// readAnswer turns PortOne's JSON into a message.
//
// A 2xx to a mutation is a success only if it is what PortOne answers: a JSON object
// with the members that the contract requires. Proxies and firewalls answer 200 with
// pages and messages of their own, and to take one for PortOne's would be to say that a
// payment was made. PortOne may leave out a member one day that it gives today: then
// callers hear that the outcome is unknown until the contract is brought in step, and
// look it up, which is slower and never wrong.
func (s *Server) readAnswer(c *Call, binding *transcode.Binding) error {
	wire := bytepool.Shared.Get(len(*c.answer))
	c.wire = wire
	if c.Method.EmptyAnswer() && len(*c.answer) == 0 {
		*wire = (*wire)[:0]
		return nil
	}
	out, err := binding.Output.AppendWire((*wire)[:0], *c.answer, transcode.Strict)
	*wire = out
	failure := errmap.MalformedResponse
	if c.Method.IsMutation() {
		missing := missing(c.Method.Required, *c.answer)
		if len(missing) > 0 || !isWithinMember(err) {
			failure = errmap.ResponseLost
		}
		if len(missing) > 0 && err == nil {
			err = fmt.Errorf("members are missing: %s", strings.Join(missing, ", "))
		}
	}
	if err == nil {
		if s.channels[c.Method] { // so that a PG's codes can be explained
			s.opts.Mapper.Channels().Observe(binding.Output.Descriptor(), *c.answer, out)
		}
		return nil
	}
	s.opts.Logger.Error("PortOne's answer is not as the contract has it", "operation", c.Method.ID(),
		"request_id", c.RequestID, "problem", causeText(err))
	return s.opts.Mapper.Failure(c.Describe(), failure, err)
}

// missing are the required members that an answer does not have. All are missing from
// what is no JSON object. One that is null is there: its name is PortOne's.
func missing(required []string, answer []byte) []string {
	if len(required) == 0 {
		return nil
	}
	missing := slices.Clone(required)
	err := transcode.Members(answer, func(name, _ []byte) {
		if i := slices.Index(missing, string(name)); i >= 0 {
			missing = slices.Delete(missing, i, i+1)
		}
	})
	if err != nil {
		return required
	}
	return missing
}

// isWithinMember reports whether the mistake in an answer that has all required
// members is deep in one of them, so that it is PortOne's answer all the same. Where
// a member is of another kind altogether, nothing shows that.
func isWithinMember(err error) bool {
	var at *transcode.Error
	return errors.As(err, &at) && strings.ContainsAny(at.Path, ".[")
}
