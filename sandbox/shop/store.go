package shop

import (
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// How often things may be tried. PortOne has such limits; its API document does
// not number them.
const (
	// MaxAttempts is how often a payment can be tried under one id
	// (MAX_TRANSACTION_COUNT_REACHED).
	MaxAttempts = 20

	// MaxCancellations is how often cancelling one payment can be tried
	// (MAX_CANCEL_COUNT_REACHED).
	MaxCancellations = 100

	// MaxResends is how often one webhook can be resent by hand
	// (MAX_WEBHOOK_RETRY_COUNT_REACHED).
	MaxResends = 5
)

// Store is the state of payments, billing keys, payment schedules and
// promotions, and the four services over it.
type Store struct {
	portonev2.UnimplementedPaymentServiceServer
	portonev2.UnimplementedBillingKeyServiceServer
	portonev2.UnimplementedPaymentScheduleServiceServer
	portonev2.UnimplementedPromotionServiceServer

	// WebhookURL is where the stores get webhooks, for a request without
	// noticeUrls.
	WebhookURL string

	// OnWebhook is called with every webhook that PortOne would send or resend,
	// while the call that sets it off is under way: it must neither block nor
	// use the Store. It returns how often it will try to deliver the webhook, at
	// most, and then has to call Tried for each; 0 is that it delivers nothing,
	// and the webhook counts as taken at once. Nil if no one listens.
	OnWebhook func(Webhook) (tries int)

	// OnCashReceipt is called when a payment was paid with a cash receipt, and when
	// that was cancelled with the payment. It may look the payment up, and change
	// nothing. Nil if not needed.
	OnCashReceipt func(storeID, paymentID string)

	w        *world.World
	latest   instant // see now
	channels channels

	payments   payments
	events     []*event
	registered map[paymentKey]*portonev2.PreRegisterPaymentRequest
	waiting    map[string]*confirmation // for ConfirmPayment, by token
	accounts   map[string]string        // numbers of fixed virtual accounts, by the PG's id

	keys       keyring
	schedules  calendar
	promotions []*promotion
	underway   map[string]underway // webhooks that are being delivered, by id
}

// New returns a shop that has sold nothing yet and whose promotions are those of
// seedPromotions.
func New(w *world.World) *Store {
	return &Store{
		WebhookURL: DefaultWebhookURL,

		w:          w,
		channels:   make(channels),
		payments:   newPayments(),
		registered: make(map[paymentKey]*portonev2.PreRegisterPaymentRequest),
		waiting:    make(map[string]*confirmation),
		accounts:   make(map[string]string),
		keys:       newKeyring(),
		schedules:  newCalendar(),
		promotions: seedPromotions(w.Clock.Now()),
		underway:   make(map[string]underway),
	}
}

// Register registers the four services.
func (s *Store) Register(r grpc.ServiceRegistrar) {
	portonev2.RegisterPaymentServiceServer(r, s)
	portonev2.RegisterBillingKeyServiceServer(r, s)
	portonev2.RegisterPaymentScheduleServiceServer(r, s)
	portonev2.RegisterPromotionServiceServer(r, s)
}

// Dump implements world.Dumper: payments, paymentTransactions, billingKeys,
// paymentSchedules and promotions.
func (s *Store) Dump(add func(kind, id string, object proto.Message)) {
	for _, p := range s.payments.created {
		add("payments", p.id, showPayment(p))
		for _, a := range p.attempts {
			add("paymentTransactions", a.id, showTransaction(a))
		}
	}
	for _, k := range s.keys.requested {
		if k.issuedAt != 0 {
			add("billingKeys", k.key, showBillingKey(k))
		}
	}
	for _, d := range s.schedules.byTime {
		add("paymentSchedules", d.id, showSchedule(d))
	}
	for _, p := range s.promotions {
		add("promotions", p.shown.GetId(), p.show(s.now()))
	}
}

// now is the clock's time, which never goes back here even if the machine's
// does: lists are kept in order of it.
func (s *Store) now() instant {
	s.latest = max(s.latest, instantOf(s.w.Clock.Now()))
	return s.latest
}
