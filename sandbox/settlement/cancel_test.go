package settlement

import (
	"context"
	"fmt"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

const cancelOrder = "PlatformTransferService.CreatePlatformOrderCancelTransfer"

// TestCancelAmounts cancels orders in part. The first is the example of
// PortOne's guide.
func TestCancelAmounts(t *testing.T) {
	tests := []struct {
		name   string
		order  *orderRequest
		cancel *cancelRequest
		want   amounts
	}{
		{
			name:   "half of the amount",
			order:  byAmount("p", 10_000),
			cancel: cancelAmount("p", "c", 5_000),
			want:   amounts{order: split{5_000, 0}, paymentVAT: 454, platformFee: 500, platformFeeVAT: 50},
		}, {
			name:   "two pieces of five",
			order:  byLines("p", lineOf("A", 2_000, 5), lineOf("B", 4_000, 1)),
			cancel: cancelLines("p", "c", takenPieces("A", 2)),
			want:   amounts{order: split{4_000, 0}, paymentVAT: 364, platformFee: 400, platformFeeVAT: 40},
		}, {
			name:   "a part of a discount",
			order:  withDiscounts(byAmount("p", 10_000), ordered("half", 2_000, 0)),
			cancel: withTaken(cancelAmount("p", "c", 4_000), taken("half", 500, 0)),
			want: amounts{order: split{4_000, 0}, discount: split{500, 0}, share: split{250, 0},
				paymentVAT: 318, platformFee: 400, platformFeeVAT: 40},
		}, {
			name:   "a discount of a product",
			order:  byLines("p", lineOf("A", 5_000, 2, ordered("half", 1_000, 0))),
			cancel: cancelLines("p", "c", takenPieces("A", 1, taken("half", 1_000, 0))),
			want: amounts{order: split{5_000, 0}, discount: split{1_000, 0}, share: split{500, 0},
				paymentVAT: 363, platformFee: 500, platformFeeVAT: 50},
		}, {
			name:   "fixed fees in proportion",
			order:  withFees(byAmount("p", 10_000), "packing"),
			cancel: cancelAmount("p", "c", 3_333),
			want: amounts{order: split{3_333, 0}, paymentVAT: 303, platformFee: 333, platformFeeVAT: 33,
				additionalFee: 99, additionalFeeVAT: 9},
		}, {
			name:   "everything",
			order:  withDiscounts(byLines("p", lineOf("A", 5_000, 2, ordered("half", 1_000, 0))), ordered("third", 100, 0)),
			cancel: cancelOf("p", "c"),
			want: amounts{order: split{10_000, 0}, discount: split{1_100, 0}, share: split{533, 0},
				paymentVAT: 809, platformFee: 1_000, platformFeeVAT: 100},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMarket(t)
			m.pay("p", 20_000, 0)
			m.refund("p", "c", 20_000, 0)
			m.order(test.order)
			got := m.cancel(test.cancel)
			if have := readAmounts(got.GetAmount()); have != test.want {
				t.Errorf("amounts\n%+v, want\n%+v", have, test.want)
			}
			if got.GetCancellation().GetId() != "c" || !got.GetCancellation().GetCancelledAt().AsTime().Equal(start) {
				t.Errorf("cancellation %v", got.GetCancellation())
			}
			if n := m.world.Counters["platform.transfer.cancelled"]; n != 1 {
				t.Errorf("counted %d", n)
			}
		})
	}
}

func withTaken(req *cancelRequest, discounts ...*takenDiscount) *cancelRequest {
	req.Discounts = discounts
	return req
}

// TestCancelByPayment names the order transfer by partner and payment.
func TestCancelByPayment(t *testing.T) {
	m := newMarket(t)
	m.order(external(byAmount("elsewhere", 10_000), portonev2.Currency_CURRENCY_KRW))
	req := cancelAmount("elsewhere", "c", 1_000)
	req.TransferId, req.PartnerId, req.PaymentId = nil, world.Ptr("seller"), world.Ptr("elsewhere")
	req.ExternalCancellationDetail = &portonev2.CreatePlatformOrderCancelTransferBodyExternalCancellationDetail{
		CancelledAt: timestamppb.New(start.AddDate(0, 0, -3))}
	got := m.cancel(req)
	if got.GetSettlementStartDate() != "2026-03-06" || got.GetSettlementDate() != "2026-03-08" {
		t.Errorf("from %s on %s", got.GetSettlementStartDate(), got.GetSettlementDate())
	}
	// Without a detail of when, and of what: all that is left, now.
	rest := cancelOf("elsewhere", "d")
	rest.OrderDetail = nil
	rest.ExternalCancellationDetail = &portonev2.CreatePlatformOrderCancelTransferBodyExternalCancellationDetail{}
	got = m.cancel(rest)
	if got.GetAmount().GetOrder() != 9_000 || !got.GetCancellation().GetCancelledAt().AsTime().Equal(start) {
		t.Errorf("took back %v at %v", got.GetAmount(), got.GetCancellation())
	}
}

// TestDeletedCancel expects what was cancelled to be left again once the order
// cancel transfer is deleted.
func TestDeletedCancel(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	m.order(byAmount("p", 10_000))
	for i := range 3 {
		id := fmt.Sprintf("c%d", i)
		m.refund("p", id, 10_000, 0)
		got := m.cancel(cancelOf("p", id))
		if got.GetAmount().GetSettlement() != 8_900 {
			t.Fatalf("took back %v", got.GetAmount())
		}
		if _, err := m.DeletePlatformTransfer(context.Background(), &portonev2.DeletePlatformTransferRequest{Id: got.GetId()}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNeverMoreThanOrdered cancels every order in random steps, and expects that
// the steps never come to more than there was, and the last one takes the rest.
func TestNeverMoreThanOrdered(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := someMarket(r, t)
		answer, err := m.CreatePlatformOrderTransfer(context.Background(), someOrder(r))
		if err != nil {
			return
		}
		ordered := answer.GetTransfer()
		left := readOrder(ordered)
		step := func(req *cancelRequest) {
			req.ExternalCancellationDetail = &portonev2.CreatePlatformOrderCancelTransferBodyExternalCancellationDetail{}
			answer, err := m.CreatePlatformOrderCancelTransfer(context.Background(), req)
			if err != nil {
				return
			}
			checkSum(r, "cancel", answer.GetTransfer().GetAmount())
			for _, l := range answer.GetTransfer().GetOrderLines() {
				checkSum(r, "cancelled line", l.GetAmount())
			}
			left.take(readOrder(answer.GetTransfer()))
			checkNotNegative(r, left)
		}
		for i := range rapid.IntRange(0, 5).Draw(r, "steps") {
			step(someCancel(r, ordered, fmt.Sprintf("c%d", i)))
		}
		step(cancelOf("p", "last"))
		if left.amounts != (amounts{}) {
			r.Errorf("left of %v\n%+v", ordered.GetAmount(), left.amounts)
		}
		for _, l := range left.lines {
			if l.amounts != (amounts{}) || l.quantity != 0 {
				r.Errorf("left of %s: %d, %+v", l.product.GetId(), l.quantity, l.amounts)
			}
		}
	})
}

func checkNotNegative(t *rapid.T, left order) {
	negative := func(a amounts) bool {
		low := a.combine(amounts{}, func(a, _ int64) int64 { return min(a, 0) })
		return low != (amounts{}) || min(a.payment().total, a.payment().taxFree, a.payment().taxed()) < 0
	}
	if negative(left.amounts) {
		t.Errorf("more cancelled than ordered: %+v", left.amounts)
	}
	for _, l := range left.lines {
		if negative(l.amounts) || l.quantity < 0 {
			t.Errorf("more of %s cancelled than ordered: %d, %+v", l.product.GetId(), l.quantity, l.amounts)
		}
	}
}

// someCancel draws a request that may or may not be possible.
func someCancel(t *rapid.T, of *portonev2.PlatformOrderTransfer, id string) *cancelRequest {
	some := func(discounts []*portonev2.PlatformOrderTransferDiscount) []*takenDiscount {
		var drawn []*takenDiscount
		known := make(map[string]bool)
		for _, d := range discounts {
			policy := d.GetSharePolicy().GetId()
			if known[policy] || rapid.Bool().Draw(t, "leave") {
				continue
			}
			known[policy] = true
			drawn = append(drawn, taken(policy, rapid.Int64Range(0, d.GetAmount()).Draw(t, "discount"),
				rapid.Int64Range(0, d.GetTaxFreeAmount()).Draw(t, "tax-free discount")))
		}
		return drawn
	}
	var req *cancelRequest
	if lines := of.GetOrderLines(); len(lines) > 0 {
		var given []*takenLine
		for _, l := range lines[:rapid.IntRange(1, len(lines)).Draw(t, "lines")] {
			given = append(given, takenPieces(l.GetProduct().GetId(), rapid.Int32Range(1, l.GetQuantity()).Draw(t, "quantity"), some(l.GetDiscounts())...))
		}
		req = cancelLines("p", id, given...)
	} else {
		req = cancelAmount("p", id, rapid.Int64Range(0, of.GetAmount().GetOrder()).Draw(t, "amount"))
		req.TaxFreeAmount = world.Ptr(rapid.Int64Range(0, of.GetAmount().GetOrderTaxFree()).Draw(t, "tax-free"))
	}
	req.Discounts = some(of.GetDiscounts())
	return req
}
