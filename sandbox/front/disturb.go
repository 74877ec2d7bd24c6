package front

import (
	"fmt"
	"net"
	"net/http"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// outcome tells that the trouble is what the request comes to: it is answered with
// a typed error, which is kept for its idempotency key like any other answer.
func (t *trouble) outcome() bool {
	return (t.errorType != "" || t.pgCode != "") && t.errorType != typeOutstanding
}

// stops tells that the request does not get as far as being processed, nor using
// its idempotency key.
func (t *trouble) stops() bool {
	return t.cut == cutBefore || !t.outcome() && (t.status != 0 || t.errorType == typeOutstanding)
}

// typeOutstanding is an error type that tells of no outcome.
const typeOutstanding = "IDEMPOTENCY_OUTSTANDING_REQUEST"

// disturbed makes the answer that is asked for.
func (s *Server) disturbed(st *state, t *trouble, r *request) answer {
	a := s.asked(st, t, r)
	if t.status != 0 {
		a.status = t.status
	}
	a.retryAfter = t.retryAfter
	return a
}

func (s *Server) asked(st *state, t *trouble, r *request) answer {
	known := s.contract.byType[t.errorType]
	switch {
	case t.cut == cutBefore:
		return answer{} // never seen
	case t.pgCode != "":
		return s.refuse(declined(t.pgCode))
	case known != nil:
		fault, err := s.contract.exampleFault(r.op, known, r.message, s.timeOf(st))
		if err != nil {
			return s.broken(r.op, err)
		}
		return s.refuse(fault)
	case t.errorType != "":
		return answer{contentType: typeJSON, body: []byte(`{"type":` + quoted(t.errorType) + `,"message":` + quoted(askedFor) + `}`)}
	default:
		return balancer(t.status)
	}
}

// declined is the error of a PG that says no.
func declined(code string) *world.Fault {
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

// deliver sends an answer, or as much of it as the trouble lets through. Where
// the connection is cut it panics with http.ErrAbortHandler, which every HTTP
// server understands, unless it can reset the connection by itself.
func (t *trouble) deliver(w http.ResponseWriter, a answer) {
	switch t.cut {
	case cutNever:
		a.send(w)
	case cutHalf:
		a.header(w, max(len(a.body), 1))
		_, _ = w.Write(a.body[:len(a.body)/2])
		_ = http.NewResponseController(w).Flush() // a client that is gone does not see the cut either
		panic(http.ErrAbortHandler)
	default:
		reset(w)
	}
}

// reset cuts the connection as hard as it can be: with a TCP reset, if the server
// hands the connection out.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2, or a recorder: the stream is what can be reset
	}
	below := conn
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		below = wrapped.NetConn()
	}
	if tcp, ok := below.(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // closing it is what counts
	}
	_ = below.Close()
}
