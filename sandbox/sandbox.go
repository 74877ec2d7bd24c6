package sandbox

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/front"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// DefaultWebhookSecret signs webhooks unless Options say otherwise.
const DefaultWebhookSecret = webhooks.DefaultSecret

// Options say how a sandbox begins. The zero value is an empty one in real time.
type Options struct {
	// Clock is how the sandbox's clock begins: nil is real time;
	// world.NewStoppedClock makes runs repeatable. The sandbox works on copies,
	// since every reset begins anew, so moving this one changes nothing: see
	// Sandbox.Advance.
	Clock *world.Clock

	// Seed makes ids repeat: worlds with the same seed have the same ids after the
	// same calls. Without a seed they repeat where the clock is stopped at first,
	// and are fresh after every reset where it runs.
	Seed string

	// Logger hears of the sandbox's own failures and, at debug level, of every
	// request: operation, status and duration, never what is in it. Nil is none.
	Logger *slog.Logger

	// Demo puts some objects into the sandbox to look at: payments, partners,
	// settlements.
	Demo bool

	// WebhookURL is where the webhooks of all stores are posted, also those that
	// requests direct elsewhere by noticeUrls: a sandbox calls no one else. Each is
	// tried up to 6 times, while calls go on. Empty is nowhere; the control API
	// shows them all the same.
	WebhookURL string

	// WebhookSecret signs webhooks by the rules of Standard Webhooks: whsec_ and
	// base64. Several, separated by spaces, all sign, as while a secret is replaced.
	// Empty is DefaultWebhookSecret.
	WebhookSecret string

	// Secrets are API secrets by label, for tests of which secret a request comes
	// with: GET /sandbox/counters counts requests.<label>, and requests.other for
	// all other secrets, which are accepted too. An access token counts for the
	// secret that it was given out for. Labels are shown, secrets never.
	Secrets map[string]string
}

// Sandbox is an imitation of PortOne, as an http.Handler. It is safe for concurrent
// use; calls are carried out one after the other.
type Sandbox struct{ front *front.Server }

// New makes a sandbox. An error means that the options, the contract or the demo's
// objects have a mistake.
func New(opts Options) (*Sandbox, error) {
	server, err := front.New(front.Options(opts))
	if err != nil {
		return nil, err
	}
	return &Sandbox{server}, nil
}

// ServeHTTP answers a request as PortOne would, or one to the control API below
// /sandbox/. It is safe for concurrent use.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.front.ServeHTTP(w, r) }

// Reset begins anew: no objects (but the demo's, if there is one), no idempotency
// keys, no webhooks to deliver, the clock as it was at first. Requests that are being
// worked on end in the world in which they began, which no later request sees.
func (s *Sandbox) Reset() error { return s.front.Reset() }

// Now is the sandbox's time.
func (s *Sandbox) Now() time.Time { return s.front.Now() }

// Advance moves the sandbox's clock forward; what falls due on the way happens. A
// negative duration is an error.
func (s *Sandbox) Advance(d time.Duration) error { return s.front.Advance(d) }
