package front

import (
	"fmt"
	"net/http"

	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/faults"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// faultOf returns the fault that a request asks for. An error is a mistake in the
// grammar.
func (s *Server) faultOf(st *state, h http.Header, r *request) (faults.Fault, error) {
	text, where := faults.Asked(h, r.message)
	if text == "" {
		return faults.Fault{}, nil
	}
	f, err := faults.Parse(text)
	if err == nil {
		err = s.catalog.knows(&f)
	}
	if err != nil {
		return faults.Fault{}, fmt.Errorf("%s: %w", where, err)
	}
	if f.Times > 0 && s.count(st, where+" "+text+"\n"+subject(h, r)) > f.Times {
		return faults.Fault{}, nil
	}
	return f, nil
}

// knows reports whether an error type that is asked for is in the contract. One that
// is not needs a status.
func (c *catalog) knows(f *faults.Fault) error {
	if f.ErrorType != "" && c.byType[f.ErrorType] == nil && f.Status == 0 {
		return fmt.Errorf("error: the contract has no error type %s, and a new one needs a status", f.ErrorType)
	}
	return nil
}

// subject is what a request is about, for the directive times: the object that its
// path names, else the payment in its body, else its idempotency key; empty if it has
// none of these.
func subject(h http.Header, r *request) string {
	if r.object != "" {
		return r.object
	}
	m := r.message.ProtoReflect()
	if fd := m.Descriptor().Fields().ByName("payment_id"); fd != nil && fd.Kind() == protoreflect.StringKind && m.Has(fd) {
		return m.Get(fd).String()
	}
	if key, err := keyOf(h, r.op); err == nil {
		return key
	}
	return ""
}

// count counts the requests that asked for the very same fault.
func (s *Server) count(st *state, text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := st.world.Clock.Now()
	n, found := st.faulted.get(text, now)
	if !found {
		n = new(int)
		st.faulted.add(text, n, now)
	}
	*n++
	return *n
}

// faulty makes the answer that is asked for.
func (s *Server) faulty(st *state, f *faults.Fault, r *request) answer {
	a := s.asked(st, f, r)
	if f.Status != 0 {
		a.status = f.Status
	}
	a.retryAfter = f.RetryAfter
	return a
}

func (s *Server) asked(st *state, f *faults.Fault, r *request) answer {
	known := s.catalog.byType[f.ErrorType]
	switch {
	case f.Cut == faults.CutBefore:
		return answer{} // never seen
	case f.PGCode != "":
		return s.refuse(declined(f.PGCode))
	case known != nil:
		refusal, err := s.catalog.exampleRefusal(r.op, known, r.message, s.timeOf(st))
		if err != nil {
			return s.broken(r.op, err)
		}
		return s.refuse(refusal)
	case f.ErrorType != "":
		return answer{contentType: typeJSON, body: []byte(`{"type":` + quoted(f.ErrorType) + `,"message":` + quoted(askedFor) + `}`)}
	default:
		return balancer(f.Status)
	}
}

// declined is the error of a PG that says no.
func declined(code string) *world.Refusal {
	return world.Refuse(pgProvider, askedFor).With(&portonev2.PgProviderError{
		PgCode:    &code,
		PgMessage: world.Ptr("(샌드박스) PG가 요청을 거절했습니다: " + code),
	})
}

// balancer is what a load balancer in front of PortOne might answer.
func balancer(status int) answer {
	text := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return answer{contentType: typeHTML, body: []byte("<html>\r\n<head><title>" + text +
		"</title></head>\r\n<body>\r\n<center><h1>" + text + "</h1></center>\r\n</body>\r\n</html>\r\n")}
}

// deliver sends an answer, or as much of it as the fault lets through. Where
// the connection is cut it panics with http.ErrAbortHandler, which every HTTP
// server understands, unless it can reset the connection by itself.
func deliver(w http.ResponseWriter, a answer, f *faults.Fault) {
	switch f.Cut {
	case faults.CutNever:
		a.send(w)
	case faults.CutHalf:
		a.header(w, max(len(a.body), 1))
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush() // a client that is gone does not see the cut either
		panic(http.ErrAbortHandler)
	default:
		faults.Reset(w)
	}
}
