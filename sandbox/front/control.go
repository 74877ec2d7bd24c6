package front

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// controlPrefix begins the paths of the control API, of which PortOne has none.
const controlPrefix = "/sandbox/"

// command is an operation of the control API.
type command struct {
	method, path string
	about        string
	run          func(s *Server, body []byte) (any, error)
}

// commands lists the control API. Answers are written as JSON, but for those that
// are written already.
var commands = []command{
	{"POST", "reset", `begin anew: no objects, or the demo's; the clock as it was at first, or with {"stop":"2026-01-01T00:00:00Z"} standing at that time, ` +
		`earlier ones too: then the same calls have the same answers. Otherwise ids are fresh, or those of {"seed":"..."}`, (*Server).runReset},
	{"GET", "clock", "the sandbox's time", (*Server).runShowClock},
	{"POST", "clock", `move the clock forward: {"advance":"24h"} or {"now":"2026-01-31T09:00:00Z"}; what falls due on the way happens. ` +
		`{"stop":"2026-01-31T09:00:00Z"} moves it and has it stand there, {"run":true} has it run again`, (*Server).runSetClock},
	{"GET", "dump", "every object, by kind and id", (*Server).runDump},
	{"GET", "counters", "what was carried out, and how often; answers repeated for an idempotency key do not count", (*Server).runCounters},
	{"POST", "deposits", `a customer pays into a virtual account: {"paymentId":"..."}; "amount" if it is not what is due`, (*Server).runDeposit},
	{"GET", "webhooks", "the latest webhooks, oldest first, and what became of them", (*Server).runWebhooks},
	{"POST", "codes", `the one-time code that a customer got by SMS: {"identityVerificationId":"..."}`, (*Server).runCode},
	{"POST", "definitions", `define keys of user-defined properties and names of settlement parameters, as in PortOne's console: ` +
		`{"properties":["..."],"parameters":["..."],"test":true}; without definitions any are taken`, (*Server).runDefine},
	{"POST", "window", `a customer pays in the browser: {"paymentId":"...","orderName":"...","totalAmount":1000,"currency":"KRW"}; "payMethod", ` +
		`"cardNumber", "billingKey":true to store the card, "confirm":true to leave it to the server, "closed":true to give up`, (*Server).runWindow},
}

// controlError is an error of the control API, in the form of PortOne's.
type controlError struct {
	status int
	typ    string
	text   string
}

// Error implements error.
func (e *controlError) Error() string { return e.text }

// control answers a request to the control API.
func (s *Server) control(r *http.Request, w http.ResponseWriter) {
	result, err := s.command(r, w)
	if long, ok := result.(written); ok && err == nil {
		long.send(w, s.log)
		return
	}
	s.controlAnswer(result, err).send(w)
}

// command carries out what a request to the control API asks for.
func (s *Server) command(r *http.Request, w http.ResponseWriter) (any, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/sandbox"), "/")
	run, err := findCommand(r.Method, name)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, &controlError{unread(err).status, "INVALID_REQUEST", "the body cannot be read, or is too long"}
	}
	return run(s, body)
}

func findCommand(method, path string) (func(*Server, []byte) (any, error), error) {
	if method == http.MethodGet && path == "" {
		return (*Server).listing, nil
	}
	var methods []string
	for _, c := range commands {
		switch {
		case c.path != path:
		case c.method == method:
			return c.run, nil
		default:
			methods = append(methods, c.method)
		}
	}
	if len(methods) == 0 {
		return nil, &controlError{http.StatusNotFound, "NOT_FOUND", "there is no such path; GET /sandbox/ lists them"}
	}
	return nil, &controlError{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "the path takes " + strings.Join(methods, ", ")}
}

// controlAnswer writes what a command returned.
func (s *Server) controlAnswer(result any, err error) answer {
	var refusal *world.Refusal
	var refused *controlError
	switch {
	case errors.As(err, &refusal):
		return s.refuse(refusal)
	case errors.As(err, &refused):
		body := `{"type":` + quoted(refused.typ) + `,"message":` + quoted(refused.text) + `}`
		return answer{status: refused.status, contentType: typeJSON, body: []byte(body)}
	case err != nil:
		s.log.Error("the control API failed", slog.Any("cause", err))
		return s.controlAnswer(nil, &controlError{http.StatusInternalServerError, "INTERNAL", "the sandbox failed; its log says why"})
	}
	body, err := json.Marshal(result)
	if err != nil {
		return s.controlAnswer(nil, err)
	}
	return answer{status: http.StatusOK, contentType: typeJSON, body: append(body, '\n')}
}

// arguments reads the body of a command, which has no other members than into
// has.
func arguments(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil && len(bytes.TrimSpace(body[d.InputOffset():])) > 0 {
		err = errors.New("there is something behind the JSON object")
	}
	if err != nil {
		return mistake("the body: %v", err)
	}
	return nil
}

func mistake(format string, args ...any) error {
	return &controlError{http.StatusBadRequest, "INVALID_REQUEST", fmt.Sprintf(format, args...)}
}

func (s *Server) runReset(body []byte) (any, error) {
	var in struct {
		Stop *time.Time `json:"stop"`
		Seed *string    `json:"seed"`
	}
	if len(bytes.TrimSpace(body)) > 0 {
		if err := arguments(body, &in); err != nil {
			return nil, err
		}
	}
	seed := s.seed
	if in.Seed != nil {
		seed = *in.Seed
	}
	if in.Stop == nil {
		return struct{}{}, s.reset(s.clock, seed)
	}
	if year := in.Stop.UTC().Year(); year < firstYear || year > lastYear {
		return nil, mistake("stop: a world can begin in the years %d to %d", firstYear, lastYear)
	}
	return struct{}{}, s.reset(*world.NewStoppedClock(*in.Stop), seed)
}

// A world can begin in the years of which two digits tell, as cards and identity
// numbers have them. From there it can be moved on up to world.Latest.
const (
	firstYear = 2000
	lastYear  = 2098
)

func (s *Server) runShowClock([]byte) (any, error) {
	return map[string]string{"now": s.Now().Format(time.RFC3339Nano)}, nil
}

// clockOrder is what to do with the clock: one of it.
type clockOrder struct {
	Advance *string    `json:"advance"`
	Now     *time.Time `json:"now"`
	Stop    *time.Time `json:"stop"`
	Run     bool       `json:"run"`
}

func (s *Server) runSetClock(body []byte) (any, error) {
	var in clockOrder
	if err := arguments(body, &in); err != nil {
		return nil, err
	}
	if err := s.setClock(in.carryOut); err != nil {
		return nil, err
	}
	return s.runShowClock(nil)
}

func (in *clockOrder) carryOut(clock *world.Clock, now time.Time) error {
	given := 0
	for _, is := range []bool{in.Advance != nil, in.Now != nil, in.Stop != nil, in.Run} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return mistake(`give either "advance", "now", "stop" or "run":true`)
	case in.Now != nil:
		return moveTo(now, *in.Now, clock.MoveTo)
	case in.Stop != nil:
		return moveTo(now, *in.Stop, clock.Stop)
	case in.Run:
		clock.Run()
		return nil
	}
	d, err := time.ParseDuration(*in.Advance)
	if err != nil {
		return mistake("advance: %v", err)
	}
	return moveTo(now, now.Add(d), clock.MoveTo)
}

func (s *Server) runCounters([]byte) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counters := make(map[string]int64, len(s.state.world.Counters))
	for name, n := range s.state.world.Counters {
		counters[name] = n
	}
	return counters, nil
}

func (s *Server) runWebhooks([]byte) (any, error) {
	return map[string]any{"webhooks": s.current().sender.Deliveries()}, nil
}
