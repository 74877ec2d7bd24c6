package checkout

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

func TestKakaopayOrder(t *testing.T) {
	for _, test := range []struct {
		order  string
		status int32
		member string
	}{
		{"T1234567890123456789", 200, "tid"},
		{`T"quoted`, 200, "tid"},
		{"other", 400, "error_code"},
	} {
		answer, err := newStore().GetKakaopayPaymentOrder(ctx, &portonev2.GetKakaopayPaymentOrderRequest{
			PgTxId: &test.order, ChannelKey: world.Ptr("any"),
		})
		if err != nil {
			t.Fatalf("%s: %v", test.order, err)
		}
		worldtest.Complete(t, answer)
		var body map[string]any
		if err := json.Unmarshal([]byte(answer.GetBody()), &body); err != nil || body[test.member] == nil || answer.GetStatusCode() != test.status {
			t.Errorf("%s: %v, %v", test.order, answer, err)
		}
		if tid := body["tid"]; tid != nil && tid != test.order {
			t.Errorf("%s: tid %v", test.order, tid)
		}
	}
	_, err := newStore().GetKakaopayPaymentOrder(ctx, &portonev2.GetKakaopayPaymentOrderRequest{
		PgTxId: world.Ptr("T1"), ChannelKey: world.Ptr(ChannelMissing),
	})
	expect(t, err, invalidRequest)
}

// physical is the registration of a delivery of goods, changed by an edit.
func physical(edit func(*portonev2.ConfirmPaymentwallDeliveryRequest)) *portonev2.ConfirmPaymentwallDeliveryRequest {
	clock := world.NewStoppedClock(start)
	req := &portonev2.ConfirmPaymentwallDeliveryRequest{
		TransactionId:  world.Ptr("tx-2"),
		DeliveryType:   portonev2.PaymentwallDeliveryType_PAYMENTWALL_DELIVERY_TYPE_PHYSICAL.Enum(),
		DeliveryStatus: portonev2.PaymentwallDeliveryStatus_PAYMENTWALL_DELIVERY_STATUS_ORDER_SHIPPED.Enum(),

		EstimatedDeliveryDatetime: clock.Timestamp(), EstimatedUpdateDatetime: clock.Timestamp(),
		Refundable: world.Ptr(true), Details: world.Ptr("by ship"), ShippingAddressEmail: world.Ptr("a@example.com"),
		CarrierTrackingId: world.Ptr("1"), CarrierType: world.Ptr("CJ"), ShippingAddressCountry: korea.Enum(),
		ShippingAddressCity: world.Ptr("Seoul"), ShippingAddressZip: world.Ptr("04524"), ShippingAddressState: world.Ptr("Seoul"),
		ShippingAddressStreet: world.Ptr("Sejong-daero 110"), ShippingAddressPhone: world.Ptr("021201234"),
		ShippingAddressFirstname: world.Ptr("Gildong"), ShippingAddressLastname: world.Ptr("Hong"),
	}
	if edit != nil {
		edit(req)
	}
	return req
}

func TestPaymentwallDelivery(t *testing.T) {
	type edit = func(*portonev2.ConfirmPaymentwallDeliveryRequest)
	const ok = portonev2.ErrorReason_ERROR_REASON_UNSPECIFIED
	tests := []struct {
		name string
		edit edit
		want portonev2.ErrorReason
	}{
		{"goods", nil, ok},
		{"of a payment that is not paid", func(r *portonev2.ConfirmPaymentwallDeliveryRequest) { r.TransactionId = world.Ptr("tx-1") }, ok},
		{"nothing to ship", func(r *portonev2.ConfirmPaymentwallDeliveryRequest) {
			r.DeliveryType = portonev2.PaymentwallDeliveryType_PAYMENTWALL_DELIVERY_TYPE_DIGITAL.Enum()
			r.CarrierType, r.ShippingAddressCountry = nil, nil
		}, ok},
		{"no such transaction", func(r *portonev2.ConfirmPaymentwallDeliveryRequest) { r.TransactionId = world.Ptr("tx-9") }, paymentNotFound},
		{"no e-mail address", func(r *portonev2.ConfirmPaymentwallDeliveryRequest) { r.ShippingAddressEmail = world.Ptr("") }, invalidRequest},
		{"no country", func(r *portonev2.ConfirmPaymentwallDeliveryRequest) { r.ShippingAddressCountry = nil }, invalidRequest},
	}
	for _, name := range []string{"carrier_tracking_id", "carrier_type", "shipping_address_city", "shipping_address_zip", "shipping_address_state",
		"shipping_address_street", "shipping_address_phone", "shipping_address_firstname", "shipping_address_lastname"} {
		tests = append(tests, struct {
			name string
			edit edit
			want portonev2.ErrorReason
		}{"no " + name, func(r *portonev2.ConfirmPaymentwallDeliveryRequest) {
			m := r.ProtoReflect()
			for i := range m.Descriptor().Fields().Len() {
				if fd := m.Descriptor().Fields().Get(i); fd.TextName() == name {
					m.Clear(fd)
				}
			}
		}, invalidRequest})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStore()
			_, err := s.ConfirmPaymentwallDelivery(ctx, physical(test.edit))
			if test.want != ok {
				expect(t, err, test.want)
			} else if err != nil {
				t.Fatal(err)
			}
			if kept := len(s.deliveries) == 1; kept != (test.want == ok) || kept != (s.world.Counters["paymentwall_delivery.registered"] == 1) {
				t.Errorf("kept %v, counted %v", s.deliveries, s.world.Counters)
			}
		})
	}
}

// TestDeliveryIsReplaced registers a delivery twice, and expects the latest in the
// dump, as the contract knows it.
func TestDeliveryIsReplaced(t *testing.T) {
	s := New(world.New(world.NewStoppedClock(start)), nil)
	delivered := portonev2.PaymentwallDeliveryStatus_PAYMENTWALL_DELIVERY_STATUS_DELIVERED.Enum()
	for _, edit := range []func(*portonev2.ConfirmPaymentwallDeliveryRequest){nil, func(r *portonev2.ConfirmPaymentwallDeliveryRequest) {
		r.DeliveryStatus, r.Unrecognized = delivered, map[string]string{"x": "1"}
	}} {
		if _, err := s.ConfirmPaymentwallDelivery(ctx, physical(edit)); err != nil {
			t.Fatal(err)
		}
	}
	dumped := 0
	s.Dump(func(kind, id string, object proto.Message) {
		dumped++
		want := physical(func(r *portonev2.ConfirmPaymentwallDeliveryRequest) { r.DeliveryStatus = delivered })
		if kind != "paymentwallDeliveries" || id != "tx-2" || !proto.Equal(object, want) {
			t.Errorf("dumped %s %s: %v", kind, id, object)
		}
	})
	if dumped != 1 {
		t.Errorf("dumped %d", dumped)
	}
}

func TestCardPromotions(t *testing.T) {
	shinhan := portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_SHINHAN_CARD.Enum()
	for _, test := range []struct {
		amount  int64
		company *portonev2.PgPromotionCardCompany
		want    string
	}{
		{29_999, nil, ""},
		{30_000, nil, "sandbox-kookmin-3000"},
		{150_000, nil, "sandbox-shinhan-5000 sandbox-shinhan-20000 sandbox-kookmin-3000 sandbox-hyundai-10000"},
		{149_999, shinhan, "sandbox-shinhan-5000"},
		{1_000_000, portonev2.PgPromotionCardCompany_PG_PROMOTION_CARD_COMPANY_TOSS_BANK.Enum(), ""},
	} {
		answer, err := newStore().GetPgCardPromotions(ctx, &portonev2.GetPgCardPromotionsRequest{
			ChannelKey: world.Ptr("any"), Amount: &test.amount, CardCompany: test.company,
		})
		if err != nil {
			t.Fatalf("%d, %v: %v", test.amount, test.company, err)
		}
		worldtest.Complete(t, answer)
		var ids []string
		for _, p := range answer.GetPromotions() {
			ids = append(ids, p.GetPromotionId())
			if p.GetDiscountAmount() > p.GetMinimumPaymentAmount() {
				t.Errorf("more off than is paid: %v", p)
			}
		}
		if got := strings.Join(ids, " "); got != test.want {
			t.Errorf("%d, %v: got %q, want %q", test.amount, test.company, got, test.want)
		}
	}
	_, err := newStore().GetPgCardPromotions(ctx, &portonev2.GetPgCardPromotionsRequest{ChannelKey: world.Ptr("any"), Amount: world.Ptr(int64(0))})
	expect(t, err, invalidRequest)
	_, err = newStore().GetPgCardPromotions(ctx, &portonev2.GetPgCardPromotionsRequest{ChannelKey: world.Ptr(ChannelMissing), Amount: world.Ptr(int64(1))})
	expect(t, err, channelNotFound)
}
