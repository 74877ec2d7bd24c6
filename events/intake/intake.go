// Package intake takes PortOne's webhooks in: an HTTP handler that answers 200 once an
// event is stored, and something else otherwise, so that PortOne sends it again.
//
// It faces the internet, and so has a listener of its own with one path: nothing else
// of the gateway may be reached there.
package intake

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/portone-gateway/portone-gateway/events/signature"
	"github.com/portone-gateway/portone-gateway/events/store"
	"github.com/portone-gateway/portone-gateway/events/webhook"
	eventsv1 "github.com/portone-gateway/portone-gateway/gen/portone/events/v1"
)

// Options configure a Handler.
type Options struct {
	// Secrets verify webhooks. Required.
	Secrets signature.Source

	// Store keeps them. Required.
	Store Appender

	// Path is where they are posted to. Default: DefaultPath.
	Path string

	// Tolerance is how far the timestamp of a webhook may be from now; negative is any.
	// Default: signature.DefaultTolerance.
	Tolerance time.Duration

	// Confirm decides what becomes of the question whether to approve a payment.
	// Default: it is refused, so that nothing is approved unasked.
	Confirm Confirm

	// MaxInFlight is how many are worked on at a time; more are told to come again.
	// Default: 256.
	MaxInFlight int

	// Observer is told of each webhook. Default: no one.
	Observer Observer

	// Tracer follows webhooks. Default: no one does.
	Tracer Tracer

	// Logger gets what goes wrong; never a body. Default: slog.Default().
	Logger *slog.Logger
}

// DefaultPath is Options.Path unless told.
const DefaultPath = "/webhooks/portone"

const (
	defaultInFlight = 256

	// maxBody is how large a webhook may be, in bytes. Theirs have a few hundred.
	maxBody = 256 << 10

	// mismatchLogEvery is how often the log has webhooks with a wrong signature, which
	// anybody can send.
	mismatchLogEvery = 10 * time.Second
)

// Appender is what is needed of a store.
type Appender interface {
	Append(ctx context.Context, r *store.Record) (duplicate bool, err error)
	Problem() error
}

// Observer is told of each webhook. It is called concurrently and must not block.
type Observer interface {
	// Received tells what became of a webhook, and how long that took. The environment is
	// empty if it was not verified.
	Received(outcome Outcome, environment string, took time.Duration)
}

// Tracer makes a span of a webhook.
type Tracer interface {
	// StartWebhook begins a span under the caller's, if the headers name one. It returns
	// the W3C trace context of the span, and what ends it.
	StartWebhook(ctx context.Context, header http.Header) (_ context.Context, traceparent string, end func(outcome string))
}

// Outcome is what became of a webhook.
type Outcome string

// The outcomes.
const (
	Stored       Outcome = "stored"
	Duplicate    Outcome = "duplicate"     // it was stored before
	BadHeaders   Outcome = "bad_headers"   // a webhook header is missing, repeated or malformed
	BadSignature Outcome = "bad_signature" // of none of the secrets
	OldTimestamp Outcome = "old_timestamp" // right signature, but the timestamp is too far from now
	Unreadable   Outcome = "unreadable"    // right signature, but no form that PortOne sends
	TooLarge     Outcome = "too_large"     // larger than any webhook
	Incomplete   Outcome = "incomplete"    // its body did not arrive in time
	Question     Outcome = "question"      // answered as Options.Confirm says
	StoreFull    Outcome = "store_full"    // not stored
	StoreFailed  Outcome = "store_failed"  // perhaps not stored
	Overloaded   Outcome = "overloaded"    // not looked at
	NotFound     Outcome = "not_found"     // another path or method
)

// Outcomes are all of them.
var Outcomes = []Outcome{Stored, Duplicate, BadHeaders, BadSignature, OldTimestamp, Unreadable, TooLarge, Incomplete, Question,
	StoreFull, StoreFailed, Overloaded, NotFound}

// answers are what PortOne is told. Everything but 200 has it send the webhook again.
var answers = map[Outcome]struct {
	status int
	text   string
}{
	Stored:       {http.StatusOK, "stored"},
	Duplicate:    {http.StatusOK, "stored before"},
	BadHeaders:   {http.StatusBadRequest, "a webhook header is missing, repeated or malformed"},
	BadSignature: {http.StatusUnauthorized, "the signature is of none of the secrets"},
	OldTimestamp: {http.StatusUnauthorized, "the timestamp is too far from now"},
	Unreadable:   {http.StatusBadRequest, "the body is in no form that is known"},
	TooLarge:     {http.StatusRequestEntityTooLarge, "the body is too large"},
	Incomplete:   {http.StatusBadRequest, "the body did not arrive as a whole"},
	StoreFull:    {http.StatusServiceUnavailable, "there is no room to store it"},
	StoreFailed:  {http.StatusServiceUnavailable, "it could not be stored"},
	Overloaded:   {http.StatusServiceUnavailable, "too many webhooks at a time"},
}

// Handler takes webhooks in. It is safe for concurrent use.
type Handler struct {
	opts     Options
	slots    chan struct{}
	mismatch atomic.Int64 // webhooks with a wrong signature that the log has not
	lastLog  atomic.Int64 // when it had one, in nanoseconds
	now      func() time.Time
}

// New makes a handler.
func New(opts Options) (*Handler, error) {
	if opts.Secrets == nil || opts.Store == nil {
		return nil, errors.New("intake: secrets and a store are required")
	}
	if opts.Path == "" {
		opts.Path = DefaultPath
	}
	if opts.Tolerance == 0 {
		opts.Tolerance = signature.DefaultTolerance
	}
	if opts.Confirm == nil {
		opts.Confirm = Refuse
	}
	if opts.MaxInFlight == 0 {
		opts.MaxInFlight = defaultInFlight
	}
	if opts.Observer == nil {
		opts.Observer = nobody{}
	}
	if opts.Tracer == nil {
		opts.Tracer = nobody{}
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	return &Handler{opts: opts, slots: make(chan struct{}, opts.MaxInFlight), now: time.Now}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/readyz":
		h.ready(w)
		return
	case r.URL.Path != h.opts.Path:
		http.NotFound(w, r)
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "webhooks are posted here", http.StatusMethodNotAllowed)
	default:
		h.receive(w, r)
		return
	}
	h.opts.Observer.Received(NotFound, "", 0)
}

// ready tells load balancers whether webhooks can be stored now.
func (h *Handler) ready(w http.ResponseWriter) {
	if h.opts.Store.Problem() != nil {
		http.Error(w, "events cannot be stored", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// receive takes a webhook in, and answers it.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) {
	begun := h.now()
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		h.answer(w, Overloaded)
		h.opts.Observer.Received(Overloaded, "", h.now().Sub(begun))
		return
	}
	ctx, traceparent, end := h.opts.Tracer.StartWebhook(r.Context(), r.Header)
	outcome, environment := Incomplete, ""
	defer func() { // also after a panic, which net/http answers by closing the connection
		end(string(outcome))
		h.opts.Observer.Received(outcome, environment, h.now().Sub(begun))
	}()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			outcome = TooLarge
		}
		h.answer(w, outcome)
		return
	}
	var verified signature.Verified
	if verified, outcome = h.verify(r, body); outcome != "" {
		h.answer(w, outcome)
		return
	}
	environment = verified.Environment
	event, err := webhook.Read(body)
	if err != nil {
		outcome = Unreadable
		h.opts.Logger.Error("a webhook with a right signature cannot be read and is refused", "event", verified.ID, "bytes", len(body))
		h.answer(w, outcome)
		return
	}
	if webhook.IsQuestion(event) {
		outcome = Question
		h.opts.Confirm(ctx, w, Asked{Header: r.Header, Body: body, Event: event, Environment: environment, Logger: h.opts.Logger})
		return
	}
	outcome = h.store(ctx, event, verified, traceparent)
	h.answer(w, outcome)
}

// verify checks the signature; no outcome means that it is right.
func (h *Handler) verify(r *http.Request, body []byte) (signature.Verified, Outcome) {
	verified, err := signature.Verify(h.opts.Secrets.Secrets(), r.Header, body, h.now(), max(h.opts.Tolerance, 0))
	switch {
	case err == nil:
		return verified, ""
	case errors.Is(err, signature.ErrHeaders):
		return verified, BadHeaders
	case errors.Is(err, signature.ErrTimestamp):
		h.opts.Logger.Warn("a webhook with a right signature has a timestamp too far from now and is refused",
			"event", verified.ID, "off_by", h.now().Sub(verified.SentAt).String(), "tolerance", h.opts.Tolerance.String())
		return verified, OldTimestamp
	}
	h.logMismatch()
	return verified, BadSignature
}

// logMismatch puts wrong signatures into the log, but not each.
func (h *Handler) logMismatch() {
	n, now, last := h.mismatch.Add(1), h.now().UnixNano(), h.lastLog.Load()
	if now-last > int64(mismatchLogEvery) && h.lastLog.CompareAndSwap(last, now) {
		h.mismatch.Add(-n)
		h.opts.Logger.Warn("webhooks with a signature of none of the secrets are refused", "webhooks", n)
	}
}

// store stores an event.
func (h *Handler) store(ctx context.Context, event *eventsv1.Event, verified signature.Verified, traceparent string) Outcome {
	record := &store.Record{
		ID: verified.ID, Type: event.GetType(), StoreID: storeID(event), Environment: verified.Environment,
		Origin: eventsv1.Origin_ORIGIN_WEBHOOK, Traceparent: traceparent, Body: event.GetRawBody(),
	}
	// That PortOne has gone is no reason to stop: it may be in the store already.
	duplicate, err := h.opts.Store.Append(context.WithoutCancel(ctx), record)
	switch {
	case errors.Is(err, store.ErrFull):
		h.opts.Logger.Error("a webhook was not stored", "event", record.ID, "type", record.Type, "problem", err.Error())
		return StoreFull
	case err != nil:
		h.opts.Logger.Error("a webhook was not stored", "event", record.ID, "type", record.Type, "problem", err.Error())
		return StoreFailed
	case duplicate:
		return Duplicate
	}
	return Stored
}

// storeID is the store that an event names; empty if it names none.
func storeID(event *eventsv1.Event) string {
	switch data := event.GetData().(type) {
	case *eventsv1.Event_Transaction:
		return data.Transaction.GetStoreId()
	case *eventsv1.Event_BillingKey:
		return data.BillingKey.GetStoreId()
	}
	return ""
}

// answer answers a webhook that is no question.
func (h *Handler) answer(w http.ResponseWriter, outcome Outcome) {
	a := answers[outcome]
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if a.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.text+"\n")
}

// no one observes and traces nothing.
type nobody struct{}

func (nobody) Received(Outcome, string, time.Duration) {}

func (nobody) StartWebhook(ctx context.Context, _ http.Header) (context.Context, string, func(string)) {
	return ctx, "", func(string) {}
}
