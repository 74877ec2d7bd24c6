package front

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/portone-gateway/portone-gateway/sandbox/example"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// perform carries a request out, in the world of st.
func (s *Server) perform(st *state, r *request) answer {
	if r.problem != "" {
		return s.refuse(world.Refuse(invalidRequest, "%s", r.problem))
	}
	out, err := s.locked(st, r)
	var refusal *world.Refusal
	switch {
	case errors.As(err, &refusal):
		return s.refuse(refusal)
	case err != nil:
		return s.broken(r.op, err)
	case out.file != nil:
		return answer{status: http.StatusOK, contentType: out.file.GetContentType(), body: out.file.GetData()}
	case silent[r.op.id]:
		return answer{status: http.StatusOK}
	}
	body, err := s.catalog.wireJSON(out.desc, out.wire)
	if err != nil {
		return s.broken(r.op, err)
	}
	return answer{status: http.StatusOK, contentType: typeJSON, body: body}
}

// output is what an operation answers with, cut loose from the domain's state.
type output struct {
	desc protoreflect.MessageDescriptor
	wire []byte
	file *httpbody.HttpBody // nil for an answer that is a message
}

// locked has a domain carry a request out, after whatever the clock has due. A
// panic of the domain becomes an error: it must not take the program down that
// the sandbox runs in.
func (s *Server) locked(st *state, r *request) (out output, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer recoverTo(&err)
	st.world.Clock.Settle()
	message, err := st.call(r)
	if err != nil {
		return output{}, err
	}
	if file, ok := message.(*httpbody.HttpBody); ok {
		return output{file: file}, nil
	}
	// Bytes, while no one can change what the domain may share with its answer.
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	return output{desc: message.ProtoReflect().Descriptor(), wire: wire}, err
}

// recoverTo turns the panic of a domain into an error.
func recoverTo(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
}

// call calls the domain that implements an operation, or makes an example.
func (st *state) call(r *request) (proto.Message, error) {
	if handle := st.handlers[r.op.method]; handle != nil {
		// A client that goes away does not stop PortOne, so no context does.
		message, err := handle(context.Background(), r.message)
		if status.Code(err) != codes.Unimplemented {
			return message, err
		}
	}
	if r.op.call.Output != nil {
		return example.Message(r.op.output, r.message, st.world.Clock.Now())
	}
	sheet, err := example.Sheet(r.message)
	return &httpbody.HttpBody{ContentType: "text/csv; charset=utf-8", Data: sheet}, err
}

// refuse turns a refusal into an answer.
func (s *Server) refuse(refusal *world.Refusal) answer {
	a, err := s.catalog.refuse(refusal)
	if err != nil {
		s.log.Error("an error cannot be written as JSON", slog.String("reason", refusal.Reason.String()), slog.Any("cause", err))
		return plain(http.StatusInternalServerError)
	}
	return a
}

// Refuse answers a request to the control API with a typed error.
func (s *Server) Refuse(w http.ResponseWriter, refusal *world.Refusal) { s.refuse(refusal).send(w) }

// broken is the answer to a request that met a bug of the sandbox.
func (s *Server) broken(op *operation, cause error) answer {
	s.log.Error("the sandbox failed", slog.String("operation", op.id), slog.Any("cause", cause))
	return plain(http.StatusInternalServerError)
}

// timeOf is the time in a world.
func (s *Server) timeOf(st *state) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return st.world.Clock.Now()
}
