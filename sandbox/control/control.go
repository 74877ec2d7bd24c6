// Package control is the control API of the sandbox, below /sandbox/: with it tests
// move the clock, begin anew, imitate what happens outside of PortOne's API, and look
// at what there is.
package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Prefix begins the paths of the control API, of which PortOne has none.
const Prefix = "/sandbox/"

// maxBody is how long the body of a request may be.
const maxBody = 4 << 20

const typeJSON = "application/json; charset=utf-8"

// Target is the sandbox that is controlled.
type Target interface {
	// ResetTo begins anew with a clock and a seed; nil is as at first.
	ResetTo(clock *world.Clock, seed *string) error

	// Do has something done to the present world, after whatever the clock has due,
	// while no call is under way. A panic becomes an error.
	Do(happen func(*world.World, *domains.Stores) error) error

	// Dump returns what writes every object, as JSON.
	Dump() (func(io.Writer) error, error)

	// Deliveries are the latest webhooks, the oldest first, and what became of
	// them.
	Deliveries() []webhooks.Delivery

	// Deliver sets how webhooks are delivered from now on, until the next reset.
	Deliver(webhooks.Behavior)

	// Refuse answers with a typed error.
	Refuse(w http.ResponseWriter, refusal *world.Refusal)
}

// Handler is the control API. It is safe for concurrent use.
type Handler struct {
	target   Target
	receiver *webhooks.Receiver
	log      *slog.Logger
}

// New returns the control API of a sandbox whose webhooks go to a receiver. The log
// hears of failures.
func New(target Target, receiver *webhooks.Receiver, log *slog.Logger) *Handler {
	return &Handler{target, receiver, log}
}

// command is an operation of the control API.
type command struct {
	method, path string
	about        string
	run          func(h *Handler, body []byte) (any, error)
}

// commands lists the control API. Answers are written as JSON, but for those that
// are written already.
var commands = []command{
	{"POST", "reset", `begin anew: no objects, or the demo's; the clock as it was at first, or with {"stop":"2026-01-01T00:00:00Z"} standing at that time, ` +
		`earlier ones too: then the same calls have the same answers. Otherwise ids are fresh, or those of {"seed":"..."}`, (*Handler).runReset},
	{"GET", "clock", "the sandbox's time", (*Handler).runShowClock},
	{"POST", "clock", `move the clock forward: {"advance":"24h"} or {"now":"2026-01-31T09:00:00Z"}; what falls due on the way happens. ` +
		`{"stop":"2026-01-31T09:00:00Z"} moves it and has it stand there, {"run":true} has it run again`, (*Handler).runSetClock},
	{"GET", "dump", "every object, by kind and id", (*Handler).runDump},
	{"GET", "counters", "what was carried out, and how often; answers repeated for an idempotency key do not count", (*Handler).runCounters},
	{"POST", "deposits", `a customer pays into a virtual account: {"paymentId":"..."}; "amount" if it is not what is due`, (*Handler).runDeposit},
	{"GET", "webhooks", "the latest webhooks, oldest first, and what became of them", (*Handler).runWebhooks},
	{"POST", "webhooks", `send a webhook that nothing here sets off: {"type":"BillingKey.Updated","billingKey":"..."}, or with "paymentId", or with neither; ` +
		`"data" has members of data besides, "members" those beside data`, (*Handler).runEmit},
	{"POST", "delivery", `how webhooks are delivered from now on: {"copies":1} once more after they were taken, {"hold":true} not yet, ` +
		`{"reversed":true} the latest first, {"age":"10m"} with a time in the past; {} as usual`, (*Handler).runDelivery},
	{"POST", "disputes", `a customer objects to a payment: {"paymentId":"...","reason":"..."}; {"paymentId":"...","resolved":true} settles it`, (*Handler).runDispute},
	{"POST", "codes", `the one-time code that a customer got by SMS: {"identityVerificationId":"..."}`, (*Handler).runCode},
	{"POST", "definitions", `define keys of user-defined properties and names of settlement parameters, as in PortOne's console: ` +
		`{"properties":["..."],"parameters":["..."],"test":true}; without definitions any are taken`, (*Handler).runDefine},
	{"POST", "window", `a customer pays in the browser: {"paymentId":"...","orderName":"...","totalAmount":1000,"currency":"KRW"}; "payMethod", ` +
		`"cardNumber", "billingKey":true to store the card, "confirm":true to leave it to the server, "ask":true to ask the receiver of webhooks first (Transaction.Confirm), "closed":true to give up`, (*Handler).runWindow},
}

// commandError is an error of the control API, in the form of PortOne's.
type commandError struct {
	status int
	typ    string
	text   string
}

// Error implements error.
func (e *commandError) Error() string { return e.text }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := h.command(w, r)
	if err != nil {
		h.fail(w, err)
		return
	}
	if long, ok := result.(written); ok {
		long.send(w, h.log)
		return
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // bodies of webhooks as they were signed
	if err := encoder.Encode(result); err != nil {
		h.fail(w, err)
		return
	}
	send(w, http.StatusOK, body.Bytes())
}

// fail answers with what went wrong.
func (h *Handler) fail(w http.ResponseWriter, err error) {
	var refusal *world.Refusal
	if errors.As(err, &refusal) {
		h.target.Refuse(w, refusal)
		return
	}
	var refused *commandError
	if !errors.As(err, &refused) {
		h.log.Error("the control API failed", slog.Any("cause", err))
		refused = &commandError{http.StatusInternalServerError, "INTERNAL", "the sandbox failed; its log says why"}
	}
	body, _ := json.Marshal(struct { // texts alone cannot fail
		Type    string `json:"type"`
		Message string `json:"message"`
	}{refused.typ, refused.text})
	send(w, refused.status, body)
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error of the connection is the client's: it will see
}

// command carries out what a request to the control API asks for.
func (h *Handler) command(w http.ResponseWriter, r *http.Request) (any, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/sandbox"), "/")
	run, err := findCommand(r.Method, name)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			status = http.StatusRequestEntityTooLarge
		}
		return nil, &commandError{status, "INVALID_REQUEST", "the body cannot be read, or is too long"}
	}
	return run(h, body)
}

func findCommand(method, path string) (func(*Handler, []byte) (any, error), error) {
	if method == http.MethodGet && path == "" {
		return (*Handler).listing, nil
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
		return nil, &commandError{http.StatusNotFound, "NOT_FOUND", "there is no such path; GET /sandbox/ lists them"}
	}
	return nil, &commandError{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "the path takes " + strings.Join(methods, ", ")}
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
	return &commandError{http.StatusBadRequest, "INVALID_REQUEST", fmt.Sprintf(format, args...)}
}
