package shop

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// billingKey is a card that can be charged again, from the request on: before it
// is issued there is only its name.
type billingKey struct {
	key, storeID string
	card         *card
	charges      int // tried so far
	routes       []route
	refused      []refusedRoute

	customer   *portonev2.Customer
	customData *string
	issueID    *string
	issueName  *string
	origin     *portonev2.PaymentOrigin
	noticeURLs []string

	requestedAt, issuedAt, deletedAt instant
}

// refusedRoute is a channel on which a key could not be issued.
type refusedRoute struct {
	route
	decline *decline
	at      instant
}

// keyring has all billing keys.
type keyring struct {
	byKey     map[string]*billingKey
	requested []*billingKey          // in order of the request
	waiting   map[string]*keyConfirm // by token, also when used
}

func newKeyring() keyring {
	return keyring{byKey: make(map[string]*billingKey), waiting: make(map[string]*keyConfirm)}
}

// add takes up a key that was requested.
func (r *keyring) add(k *billingKey) {
	r.byKey[k.key] = k
	r.requested = append(r.requested, k)
}

// issued returns a key that is or was issued, in a store.
func (r *keyring) issued(key, storeID string) (*billingKey, error) {
	if k := r.byKey[key]; k != nil && k.storeID == storeID && k.issuedAt != 0 {
		return k, nil
	}
	return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_NOT_FOUND, "no such billing key in store %q", storeID)
}

// usable returns a key that can be charged.
func (r *keyring) usable(key, storeID string) (*billingKey, error) {
	k, err := r.issued(key, storeID)
	if err != nil {
		return nil, err
	}
	if k.deletedAt != 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_ALREADY_DELETED, "deleted at %s", k.deletedAt.time())
	}
	return k, nil
}

// route is what a charge goes through: the channel asked for, or the first one
// of the key.
func (k *billingKey) route(channelKey *string) (route, error) {
	for _, r := range k.routes {
		if channelKey == nil || r.channel.GetKey() == *channelKey {
			return r, nil
		}
	}
	return route{}, world.Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND, "the billing key was not issued on channel %q", *channelKey)
}

// register asks the PGs of some routes for a key and sorts the routes by what
// they said.
func (s *Store) register(k *billingKey, routes []route) {
	for i, r := range routes {
		if refusal := k.card.register(s.now().time(), i); refusal != nil {
			k.refused = append(k.refused, refusedRoute{r, r.says(refusal), s.now()})
		} else {
			k.routes = append(k.routes, r)
		}
	}
}

// issue makes a key usable.
func (s *Store) issue(k *billingKey, skipWebhook bool) {
	k.issuedAt = s.now()
	s.w.Counters.Add("billing_key.issued")
	if !skipWebhook {
		s.notifyKey(k, billingKeyIssued)
	}
}

// IssueBillingKey implements BillingKeyServiceServer.
func (s *Store) IssueBillingKey(_ context.Context, req *portonev2.IssueBillingKeyRequest) (*portonev2.IssueBillingKeyResponse, error) {
	if req.Method.GetCard() == nil {
		return nil, world.Invalid("method.card is required")
	}
	c, err := readCard(req.Method.Card.Credential)
	if err != nil {
		return nil, err
	}
	routes, err := s.channels.routes(req.ChannelKey, req.ChannelGroupId)
	if err != nil {
		return nil, err
	}
	k := &billingKey{
		key: "billing-key-" + s.w.IDs.UUID("billing key"), storeID: world.StoreOf(req.StoreId), card: c, customer: customerOf(req.Customer),
		customData: req.CustomData, origin: apiOrigin, noticeURLs: req.NoticeUrls, requestedAt: s.now(),
	}
	s.register(k, routes)
	if len(k.routes) == 0 {
		s.notifyKey(k, billingKeyFailed)
		return nil, k.err()
	}
	s.keys.add(k)
	s.issue(k, req.GetSkipWebhook())
	answer := &portonev2.IssueBillingKeyResponse{BillingKeyInfo: &portonev2.BillingKeyInfoSummary{
		BillingKey: world.Ptr(k.key), IssuedAt: k.issuedAt.timestamp(), Channels: k.channels(),
	}}
	for _, r := range k.refused {
		answer.ChannelSpecificFailures = append(answer.ChannelSpecificFailures, r.failure())
	}
	return answer, nil
}

// err is the error of a key that no channel issued.
func (k *billingKey) err() error {
	if len(k.refused) == 1 {
		return k.refused[0].decline.err()
	}
	data := &portonev2.ChannelSpecificError{}
	for _, r := range k.refused {
		data.Failures = append(data.Failures, r.failure())
	}
	return world.Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_SPECIFIC, "every channel refused").With(data)
}

func (r refusedRoute) failure() *portonev2.ChannelSpecificFailure {
	return &portonev2.ChannelSpecificFailure{Type: &portonev2.ChannelSpecificFailure_PgProvider{PgProvider: &portonev2.ChannelSpecificFailurePgProvider{
		Channel: proto.CloneOf(r.channel), PgCode: world.Ptr(r.decline.code), PgMessage: world.Ptr(r.decline.message),
	}}}
}

func (k *billingKey) channels() []*portonev2.SelectedChannel {
	var channels []*portonev2.SelectedChannel
	for _, r := range k.routes {
		channels = append(channels, proto.CloneOf(r.channel))
	}
	return channels
}

// GetBillingKeyInfo implements BillingKeyServiceServer.
func (s *Store) GetBillingKeyInfo(_ context.Context, req *portonev2.GetBillingKeyInfoRequest) (*portonev2.BillingKeyInfo, error) {
	k, err := s.keys.issued(req.BillingKey, world.StoreOf(req.StoreId))
	if err != nil {
		return nil, err
	}
	return showBillingKey(k), nil
}

// DeleteBillingKey implements BillingKeyServiceServer.
func (s *Store) DeleteBillingKey(_ context.Context, req *portonev2.DeleteBillingKeyRequest) (*portonev2.DeleteBillingKeyResponse, error) {
	if k := s.keys.byKey[req.BillingKey]; k != nil && k.storeID == world.StoreOf(req.StoreId) && k.issuedAt == 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_BILLING_KEY_NOT_ISSUED, "the billing key has not been confirmed")
	}
	k, err := s.keys.usable(req.BillingKey, world.StoreOf(req.StoreId))
	if err != nil {
		return nil, err
	}
	if k.routes[0].through(portonev2.PgProvider_PG_PROVIDER_NAVERPAY) && (req.Reason == nil || req.Requester == nil) {
		return nil, world.Invalid("Naver Pay needs reason and requester")
	}
	if s.schedules.open[k] > 0 {
		return nil, world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_SCHEDULE_ALREADY_EXISTS, "%d payments are scheduled", s.schedules.open[k])
	}
	k.deletedAt = s.now()
	s.w.Counters.Add("billing_key.deleted")
	if !req.GetSkipWebhook() {
		s.notifyKey(k, billingKeyDeleted)
	}
	return &portonev2.DeleteBillingKeyResponse{DeletedAt: k.deletedAt.timestamp()}, nil
}

// keyMembers are the members of a billing key, issued or deleted.
var keyMembers = members[*billingKey]{
	"billing_key":                    func(k *billingKey) any { return k.key },
	"merchant_id":                    func(*billingKey) any { return world.MerchantID },
	"store_id":                       func(k *billingKey) any { return k.storeID },
	"methods":                        func(k *billingKey) any { return []proto.Message{k.card.method()} },
	"channels":                       func(k *billingKey) any { return k.showChannels() },
	"customer":                       func(k *billingKey) any { return k.customer },
	"custom_data":                    func(k *billingKey) any { return given(k.customData) },
	"issue_id":                       func(k *billingKey) any { return given(k.issueID) },
	"issue_name":                     func(k *billingKey) any { return given(k.issueName) },
	"requested_at":                   func(k *billingKey) any { return k.requestedAt },
	"issued_at":                      func(k *billingKey) any { return k.issuedAt },
	"deleted_at":                     func(k *billingKey) any { return k.deletedAt },
	"channel_group":                  func(k *billingKey) any { return message(k.routes[0].group) },
	"pg_billing_key_issue_responses": func(k *billingKey) any { return k.showResponses() },
}

func showBillingKey(k *billingKey) *portonev2.BillingKeyInfo {
	status := protoreflect.Name("issued")
	if k.deletedAt != 0 {
		status = "deleted"
	}
	shown := new(portonev2.BillingKeyInfo)
	keyMembers.choose(shown, status, k)
	return shown
}

// method is the card as a billing key shows it.
func (c *card) method() *portonev2.BillingKeyPaymentMethod {
	return &portonev2.BillingKeyPaymentMethod{Type: &portonev2.BillingKeyPaymentMethod_BillingKeyPaymentMethodCard{
		BillingKeyPaymentMethodCard: &portonev2.BillingKeyPaymentMethodCard{Card: proto.CloneOf(c.shown)},
	}}
}

func (k *billingKey) showChannels() []proto.Message {
	var shown []proto.Message
	for _, channel := range k.channels() {
		shown = append(shown, channel)
	}
	return shown
}

func (k *billingKey) showResponses() []proto.Message {
	var shown []proto.Message
	for _, r := range k.routes {
		shown = append(shown, &portonev2.PgBillingKeyIssueResponse{Type: &portonev2.PgBillingKeyIssueResponse_Issued{
			Issued: &portonev2.IssuedPgBillingKeyIssueResponse{Channel: proto.CloneOf(r.channel), Method: k.card.method()},
		}})
	}
	for _, r := range k.refused {
		shown = append(shown, &portonev2.PgBillingKeyIssueResponse{Type: &portonev2.PgBillingKeyIssueResponse_Failed{
			Failed: &portonev2.FailedPgBillingKeyIssueResponse{Channel: proto.CloneOf(r.channel), Failure: &portonev2.BillingKeyFailure{
				Message: world.Ptr(r.decline.message), PgCode: world.Ptr(r.decline.code), PgMessage: world.Ptr(r.decline.message), FailedAt: r.at.timestamp(),
			}},
		}})
	}
	return shown
}
