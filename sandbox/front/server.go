// Package front is PortOne as its clients see it: an HTTP server that finds the
// operation of a request, checks it against the contract, honours its idempotency key
// and has a domain carry it out. Package sandbox is its public face.
package front

import (
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/contract/router"
	"github.com/portone-gateway/portone-gateway/sandbox/auth"
	"github.com/portone-gateway/portone-gateway/sandbox/control"
	"github.com/portone-gateway/portone-gateway/sandbox/domains"
	"github.com/portone-gateway/portone-gateway/sandbox/webhooks"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// Options are sandbox.Options, which says what they mean.
type Options struct {
	Clock         *world.Clock
	Seed          string
	Logger        *slog.Logger
	Demo          bool
	WebhookURL    string
	WebhookSecret string
	Secrets       map[string]string
}

// Server is PortOne's API and the control API, as an http.Handler. It is safe for concurrent
// use; calls are carried out one after the other.
type Server struct {
	catalog  *catalog
	router   *router.Router
	clock    world.Clock // as every state begins with it
	seed     string
	labels   map[string]string // of secrets, by user
	demo     bool
	receiver *webhooks.Receiver // of webhooks
	log      *slog.Logger
	sleep    func(time.Duration) // time.Sleep, but in tests

	mu    sync.Mutex // guards state and all that is in it
	state *state

	control *control.Handler
}

// New makes a sandbox. An error means that the options, the contract or the demo's
// objects have a mistake.
func New(opts Options) (*Server, error) {
	c, err := compiled()
	if err != nil {
		return nil, err
	}
	receiver, err := webhooks.NewReceiver(opts.WebhookURL, opts.WebhookSecret)
	if err != nil {
		return nil, err
	}
	s := &Server{catalog: c, clock: *world.NewClock(time.Now), seed: opts.Seed, labels: make(map[string]string), demo: opts.Demo, receiver: receiver, log: opts.Logger, sleep: time.Sleep}
	for label, secret := range opts.Secrets {
		s.labels[auth.UserOf(secret)] = label
	}
	if opts.Clock != nil {
		s.clock = *opts.Clock
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.router, err = router.New(contract.Methods(), s.serveMethod, s.serveNowhere); err != nil {
		return nil, err
	}
	s.control = control.New(s, receiver, s.log)
	return s, s.Reset()
}

// Reset begins anew: no objects (but the demo's, if there is one), no idempotency
// keys, no webhooks to deliver, the clock as it was at first. Requests that are being
// worked on end in the world in which they began, which no later request sees.
func (s *Server) Reset() error { return s.reset(s.clock, s.seed) }

// reset begins anew with a clock and a seed. Without a seed the ids of a clock that
// runs are fresh: receivers of webhooks remember those of the world before.
func (s *Server) reset(clock world.Clock, seed string) error {
	if seed == "" && !clock.Stopped() {
		seed = rand.Text()
	}
	fresh := newState(&clock, seed, webhooks.NewSender(s.receiver), &s.mu)
	if s.demo {
		fresh.sender.Mute(true) // what was there before is no news
		if err := s.populate(fresh, demo); err != nil {
			return err
		}
		fresh.sender.Mute(false)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != nil {
		s.state.sender.Stop()
	}
	s.state = fresh
	return nil
}

// Now is the sandbox's time.
func (s *Server) Now() time.Time { return s.timeOf(s.current()) }

// Advance moves the sandbox's clock forward; what falls due on the way happens.
func (s *Server) Advance(d time.Duration) error {
	return s.Do(func(w *world.World, _ *domains.Stores) error {
		now := w.Clock.Now()
		if err := world.CheckMove(now, now.Add(d)); err != nil {
			return err
		}
		w.Clock.MoveTo(now.Add(d))
		return nil
	})
}

// Do has something done to the present world, after whatever the clock has due, while
// no call is under way. A panic becomes an error.
func (s *Server) Do(happen func(*world.World, *domains.Stores) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer recoverTo(&err)
	s.state.world.Clock.Settle()
	return happen(s.state.world, s.state.stores)
}

// ResetTo begins anew with a clock and a seed; nil is as at first.
func (s *Server) ResetTo(clock *world.Clock, seed *string) error {
	if clock == nil {
		clock = &s.clock
	}
	if seed == nil {
		seed = &s.seed
	}
	return s.reset(*clock, *seed)
}

// Deliver sets how webhooks are delivered from now on, until the next reset.
func (s *Server) Deliver(b webhooks.Behavior) { s.current().sender.Behave(b) }

// Deliveries are the latest webhooks, the oldest first, and what became of them.
func (s *Server) Deliveries() []webhooks.Delivery { return s.current().sender.Deliveries() }

func (s *Server) current() *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}
