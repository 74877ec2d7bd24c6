package settlement

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

const createOrder = "PlatformTransferService.CreatePlatformOrderTransfer"

// TestOrderAmounts computes settlements. The first four are the examples of
// PortOne's guide.
func TestOrderAmounts(t *testing.T) {
	merchantPays := portonev2.PlatformPayer_PLATFORM_PAYER_MERCHANT.Enum()
	tests := []struct {
		name     string
		contract func(*portonev2.PlatformContract)
		order    *orderRequest
		want     amounts
		settled  split
	}{
		{
			name:    "10 % with VAT",
			order:   byAmount("p", 10_000),
			want:    amounts{order: split{10_000, 0}, paymentVAT: 909, platformFee: 1_000, platformFeeVAT: 100},
			settled: split{8_900, 0},
		}, {
			name:    "by products",
			order:   byLines("p", lineOf("A", 2_000, 5), lineOf("B", 4_000, 1)),
			want:    amounts{order: split{14_000, 0}, paymentVAT: 1_273, platformFee: 1_400, platformFeeVAT: 140},
			settled: split{12_460, 0},
		}, {
			name:  "a discount of which the partner bears half",
			order: withDiscounts(byAmount("p", 10_000), ordered("half", 2_000, 0)),
			want: amounts{order: split{10_000, 0}, discount: split{2_000, 0}, share: split{1_000, 0},
				paymentVAT: 727, platformFee: 1_000, platformFeeVAT: 100},
			settled: split{7_900, 0},
		}, {
			name:  "an additional fee",
			order: withFees(byAmount("p", 10_000), "express"),
			want: amounts{order: split{10_000, 0}, paymentVAT: 909, platformFee: 1_000, platformFeeVAT: 100,
				additionalFee: 500, additionalFeeVAT: 50},
			settled: split{8_350, 0},
		}, {
			name:     "the merchant bears the VAT on the fee",
			contract: func(c *portonev2.PlatformContract) { c.PlatformFeeVatPayer = merchantPays },
			order:    byAmount("p", 10_000),
			want:     amounts{order: split{10_000, 0}, paymentVAT: 909, platformFee: 1_000},
			settled:  split{9_000, 0},
		}, {
			name:     "the VAT of the payment is subtracted",
			contract: func(c *portonev2.PlatformContract) { c.SubtractPaymentVatAmount = world.Ptr(true) },
			order:    byAmount("p", 11_000),
			want:     amounts{order: split{11_000, 0}, paymentVAT: 1_000, platformFee: 1_100, platformFeeVAT: 110},
			settled:  split{8_790, 0},
		}, {
			name:     "a fixed fee is due once for all products",
			contract: func(c *portonev2.PlatformContract) { c.PlatformFee = fixedOf(999) },
			order:    byLines("p", lineOf("A", 2_000, 5), lineOf("B", 4_000, 1)),
			want:     amounts{order: split{14_000, 0}, paymentVAT: 1_273, platformFee: 999, platformFeeVAT: 99},
			settled:  split{12_902, 0},
		}, {
			name:  "tax-free, partly",
			order: withDiscounts(withTaxFree(byAmount("p", 10_000), 4_000), ordered("half", 2_000, 1_000)),
			want: amounts{order: split{10_000, 4_000}, discount: split{2_000, 1_000}, share: split{1_000, 500},
				paymentVAT: 455, platformFee: 1_000, platformFeeVAT: 100},
			settled: split{7_900, 3_500},
		}, {
			name:  "fees and shares are rounded down",
			order: withFees(withDiscounts(byAmount("p", 999), ordered("third", 100, 0)), "express", "packing"),
			want: amounts{order: split{999, 0}, discount: split{100, 0}, share: split{33, 0}, paymentVAT: 82,
				platformFee: 99, platformFeeVAT: 9, additionalFee: 349, additionalFeeVAT: 34},
			settled: split{475, 0},
		}, {
			name:    "the fees exceed the order",
			order:   withFees(byAmount("p", 100), "packing"),
			want:    amounts{order: split{100, 0}, paymentVAT: 9, platformFee: 10, platformFeeVAT: 1, additionalFee: 300, additionalFeeVAT: 30},
			settled: split{-241, 0},
		}, {
			name:  "tax-free given apart from the products",
			order: withTaxFree(byLines("p", lineOf("A", 2_000, 5)), 10_000),
			want:  amounts{order: split{10_000, 10_000}, platformFee: 1_000, platformFeeVAT: 100},
			// The fees are not taken off the tax-free part.
			settled: split{8_900, 10_000},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMarket(t)
			if test.contract != nil {
				test.contract(m.directory.contracts["plain"])
			}
			m.pay("p", 14_000, min(test.order.GetTaxFreeAmount(), 14_000))
			if test.order.TaxFreeAmount != nil {
				m.pay("p", 100_000, 50_000)
			}
			got := m.order(test.order)
			if have := readAmounts(got.GetAmount()); have != test.want {
				t.Errorf("amounts\n%+v, want\n%+v", have, test.want)
			}
			if have := (split{got.GetAmount().GetSettlement(), got.GetAmount().GetSettlementTaxFree()}); have != test.settled {
				t.Errorf("settlement %v, want %v", have, test.settled)
			}
		})
	}
}

func withDiscounts(req *orderRequest, discounts ...*orderedDiscount) *orderRequest {
	req.Discounts = discounts
	return req
}

func withFees(req *orderRequest, policies ...string) *orderRequest {
	req.AdditionalFees = feesBy(policies...)
	return req
}

func withTaxFree(req *orderRequest, amount int64) *orderRequest {
	req.TaxFreeAmount = &amount
	return req
}

func feesBy(policies ...string) []*portonev2.CreatePlatformOrderTransferBodyAdditionalFee {
	var fees []*portonev2.CreatePlatformOrderTransferBodyAdditionalFee
	for _, policy := range policies {
		fees = append(fees, &portonev2.CreatePlatformOrderTransferBodyAdditionalFee{PolicyId: &policy})
	}
	return fees
}

// TestOrderTransfer looks at a transfer beyond its amounts.
func TestOrderTransfer(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	req := byAmount("p", 10_000)
	req.Id, req.Memo = nil, world.Ptr("a memo")
	req.UserDefinedProperties = []*portonev2.PlatformUserDefinedPropertyKeyValue{
		{Key: world.Ptr("colour"), Value: &portonev2.PlatformUserDefinedPropertyValue{String_: world.Ptr("blue")}}}
	req.Parameters = map[string]*portonev2.PlatformSettlementParameterValue{"weight": {Decimal: world.Ptr(int64(5))}}
	got := m.order(req)
	if got.GetId() == "" || got.GetGraphqlId() == got.GetId() || got.GetMemo() != "a memo" || got.GetIsForTest() {
		t.Errorf("transfer %v", got)
	}
	if got.GetSettlementStartDate() != "2026-03-09" || got.GetSettlementDate() != "2026-03-11" || got.GetStatus() != inProcess {
		t.Errorf("from %s on %s, %v", got.GetSettlementStartDate(), got.GetSettlementDate(), got.GetStatus())
	}
	if p := got.GetPayment().GetPortOne(); p.GetId() != "p" || p.GetChannelKey() != "channel-1" || p.GetMethod().GetCard() == nil {
		t.Errorf("payment %v", p)
	}
	if len(got.GetUserDefinedProperties()) != 1 || len(got.GetParameters()) != 1 {
		t.Errorf("properties %v, parameters %v", got.GetUserDefinedProperties(), got.GetParameters())
	}
	got.Memo = world.Ptr("changed by the caller")
	again, err := m.GetPlatformTransfer(context.Background(), &portonev2.GetPlatformTransferRequest{Id: got.GetId()})
	if err != nil || again.GetOrder().GetMemo() != "a memo" {
		t.Errorf("again %v, %v", again, err)
	}
	if n := m.world.Counters["platform.transfer.ordered"]; n != 1 {
		t.Errorf("counted %d", n)
	}
}

// TestExternalPayment settles an order that was paid elsewhere.
func TestExternalPayment(t *testing.T) {
	m := newMarket(t)
	req := external(byAmount("elsewhere", 10_000), portonev2.Currency_CURRENCY_KRW)
	req.ExternalPaymentDetail.OrderName = world.Ptr("Flowers")
	req.ExternalPaymentDetail.Method = &portonev2.PlatformPaymentMethodInput{EasyPay: &portonev2.PlatformPaymentMethodEasyPayInput{
		Provider:   portonev2.EasyPayProvider_EASY_PAY_PROVIDER_KAKAOPAY.Enum(),
		MethodType: portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CHARGE.Enum(),
	}}
	payment := m.order(req).GetPayment().GetExternal()
	if payment.GetId() != "elsewhere" || payment.GetOrderName() != "Flowers" ||
		payment.GetMethod().GetEasyPay().GetMethodType() != portonev2.EasyPayMethodType_EASY_PAY_METHOD_TYPE_CHARGE {
		t.Errorf("payment %v", payment)
	}
}

func external(req *orderRequest, currency portonev2.Currency) *orderRequest {
	req.ExternalPaymentDetail = &portonev2.CreatePlatformOrderTransferBodyExternalPaymentDetail{
		Currency: &currency, PaidAt: timestamppb.New(start)}
	return req
}

// TestModes expects test mode and live mode to share nothing, whichever way the
// mode is named.
func TestModes(t *testing.T) {
	m := newMarket(t)
	m.pay("p", 10_000, 0)
	m.order(byAmount("p", 10_000))
	inTest := byAmount("p", 10_000)
	inTest.IsForTest = world.Ptr(true)
	if got := m.order(inTest); !got.GetIsForTest() {
		t.Error("not for test")
	}
	overruled := byAmount("p", 10_000)
	overruled.Test, overruled.IsForTest = world.Ptr(false), world.Ptr(true)
	_, err := m.CreatePlatformOrderTransfer(context.Background(), overruled)
	refused(t, createOrder, err, portonev2.ErrorReason_ERROR_REASON_PLATFORM_TRANSFER_ID_ALREADY_USED, nil)
	if len(m.live.transfers.all) != 1 || len(m.test.transfers.all) != 1 {
		t.Errorf("%d and %d transfers", len(m.live.transfers.all), len(m.test.transfers.all))
	}
	kinds := make(map[string]int)
	m.Dump(func(kind, id string, object proto.Message) {
		worldtest.Complete(t, object)
		kinds[kind]++
	})
	if kinds["platformTransfers"] != 1 || kinds["platformTransfersInTest"] != 1 {
		t.Errorf("dumped %v", kinds)
	}
}

// someOrder draws an order that may or may not be possible.
func someOrder(t *rapid.T) *orderRequest {
	amount := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 5_000), rapid.Int64Range(5_000, 50_000), rapid.Int64Range(5_000, 50_000))
	discounts := func(t *rapid.T, label string) []*orderedDiscount {
		var some []*orderedDiscount
		for range rapid.IntRange(0, 2).Draw(t, label) {
			d := rapid.Int64Range(0, 3_000).Draw(t, "discount")
			some = append(some, ordered(rapid.SampledFrom([]string{"half", "third"}).Draw(t, "share policy"), d,
				rapid.Int64Range(0, d).Draw(t, "tax-free discount")))
		}
		return some
	}
	fees := rapid.SliceOfN(rapid.SampledFrom([]string{"express", "packing"}), 0, 3)
	req := byAmount("p", amount.Draw(t, "amount"))
	if rapid.Bool().Draw(t, "by lines") {
		var lines []*orderedLine
		for _, id := range []string{"A", "B", "C"}[:rapid.IntRange(1, 3).Draw(t, "lines")] {
			l := lineOf(id, amount.Draw(t, "price"), rapid.Int32Range(1, 5).Draw(t, "quantity"), discounts(t, "line discounts")...)
			l.Product.TaxFreeAmount = world.Ptr(rapid.Int64Range(0, l.GetProduct().GetAmount()).Draw(t, "tax-free price"))
			l.AdditionalFees = feesBy(fees.Draw(t, "line fees")...)
			lines = append(lines, l)
		}
		req = byLines("p", lines...)
	} else if rapid.Bool().Draw(t, "with tax-free") {
		req.TaxFreeAmount = world.Ptr(rapid.Int64Range(0, req.GetOrderDetail().GetOrderAmount()).Draw(t, "tax-free"))
	}
	req.Discounts, req.AdditionalFees = discounts(t, "discounts"), feesBy(fees.Draw(t, "fees")...)
	return external(req, portonev2.Currency_CURRENCY_KRW)
}

// someMarket is a market with a random contract. Rates are odd on purpose.
func someMarket(t *rapid.T, tb testing.TB) *market {
	m := newMarket(tb)
	c := m.directory.contracts["plain"]
	c.PlatformFee = rapid.SampledFrom([]*portonev2.PlatformFee{rateOf(10_000), rateOf(3_333), rateOf(0), fixedOf(777)}).Draw(t, "fee")
	c.SubtractPaymentVatAmount = world.Ptr(rapid.Bool().Draw(t, "subtract"))
	c.PlatformFeeVatPayer = portonev2.PlatformPayer(rapid.Int32Range(1, 2).Draw(t, "payer")).Enum()
	return m
}

// TestOrderAddsUp expects of every order that its parts add up to it.
func TestOrderAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := someMarket(r, t)
		answer, err := m.CreatePlatformOrderTransfer(context.Background(), someOrder(r))
		if err != nil {
			return // the discounts exceed the order, or their parts do not fit
		}
		got := answer.GetTransfer()
		checkSum(r, "order", got.GetAmount())
		var lines amounts
		for _, l := range got.GetOrderLines() {
			checkSum(r, "line", l.GetAmount())
			lines = lines.plus(readAmounts(l.GetAmount()))
		}
		whole := readAmounts(got.GetAmount())
		if len(got.GetOrderLines()) > 0 && whole.order != lines.order {
			r.Errorf("order %v, lines %v", whole.order, lines.order)
		}
		own := readPart(got)
		own.amounts = amounts{}
		own.addUp()
		if whole.discount != lines.discount.plus(own.discount) || whole.share != lines.share.plus(own.share) ||
			whole.additionalFee != lines.additionalFee+own.additionalFee ||
			whole.additionalFeeVAT != lines.additionalFeeVAT+own.additionalFeeVAT {
			r.Errorf("whole %+v\nlines %+v\nown   %+v", whole, lines, own.amounts)
		}
	})
}

// checkSum expects amounts to be as the contract says that they follow from each
// other.
func checkSum(t interface{ Errorf(string, ...any) }, what string, a *portonev2.PlatformOrderSettlementAmount) {
	if want := a.GetOrder() - a.GetDiscountShare() - a.GetPlatformFee() - a.GetPlatformFeeVat() -
		a.GetAdditionalFee() - a.GetAdditionalFeeVat() - a.GetPaymentVatBurden(); a.GetSettlement() != want {
		t.Errorf("%s: settlement %d, want %d of %v", what, a.GetSettlement(), want, a)
	}
	if a.GetPayment() != a.GetOrder()-a.GetDiscount() || a.GetPaymentTaxFree() != a.GetOrderTaxFree()-a.GetDiscountTaxFree() {
		t.Errorf("%s: payment does not follow: %v", what, a)
	}
	if a.GetPayment() != a.GetPaymentSupply()+a.GetPaymentVat()+a.GetPaymentTaxFree() {
		t.Errorf("%s: payment has other parts: %v", what, a)
	}
	if b := a.GetPaymentVatBurden(); b != 0 && b != a.GetPaymentVat() {
		t.Errorf("%s: burden %d: %v", what, b, a)
	}
	for _, amount := range []int64{a.GetPayment(), a.GetPaymentVat(), a.GetPaymentTaxFree(), a.GetPaymentSupply(), a.GetOrder(),
		a.GetOrderTaxFree(), a.GetDiscount(), a.GetDiscountTaxFree(), a.GetDiscountShare(), a.GetDiscountShareTaxFree(),
		a.GetPlatformFee(), a.GetPlatformFeeVat(), a.GetAdditionalFee(), a.GetAdditionalFeeVat()} {
		if amount < 0 {
			t.Errorf("%s: a negative amount: %v", what, a)
		}
	}
}
