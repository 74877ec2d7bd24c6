package shop

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// many is how many payments a shop has to take easily.
const many = 100_000

// fill makes a shop with many payments, a tenth of them partly cancelled.
func fill(t tb) (*Store, *world.World) {
	s, w := open()
	for i := range many {
		id := fmt.Sprint("payment-", i)
		req := byCard(id, int64(1_000+i), goodNumber)
		req.Customer = &portonev2.CustomerInput{Id: world.Ptr("customer"), Email: world.Ptr("buyer@example.com")}
		if _, err := s.PayInstantly(context.Background(), req); err != nil {
			t.Fatalf("%v", err)
		}
		if i%10 == 0 {
			if _, err := s.CancelPayment(context.Background(), cancelPart(id, 500)); err != nil {
				t.Fatalf("%v", err)
			}
		}
		w.Clock.Advance(time.Second)
	}
	return s, w
}

// lists are list calls that are to stay fast, by name.
var lists = []struct {
	name string
	call func(*Store) error
}{
	{"GetPayments", func(s *Store) error {
		_, err := s.GetPayments(context.Background(), &portonev2.GetPaymentsRequest{})
		return err
	}},
	{"GetPayments by change and state", func(s *Store) error {
		_, err := s.GetPayments(context.Background(), &portonev2.GetPaymentsRequest{
			Page: &portonev2.PageInput{Number: world.Ptr(int32(50)), Size: world.Ptr(int32(100))},
			Filter: &portonev2.PaymentFilterInput{
				SortBy: portonev2.PaymentSortBy_PAYMENT_SORT_BY_STATUS_CHANGED_AT.Enum(), Status: []portonev2.PaymentStatus{partial},
				StoreId: world.Ptr(world.DefaultStoreID), IsTest: world.Ptr(true),
			},
		})
		return err
	}},
	{"GetPayments by card", func(s *Store) error {
		_, err := s.GetPayments(context.Background(), &portonev2.GetPaymentsRequest{
			Filter: &portonev2.PaymentFilterInput{CardBrand: portonev2.CardBrand_CARD_BRAND_VISA.Enum()},
		})
		return err
	}},
	{"GetPayments by text", func(s *Store) error {
		_, err := s.GetPayments(context.Background(), &portonev2.GetPaymentsRequest{Filter: &portonev2.PaymentFilterInput{TextSearch: []*portonev2.PaymentTextSearch{{
			Field: portonev2.PaymentTextSearchField_PAYMENT_TEXT_SEARCH_FIELD_PAYMENT_ID.Enum(), Value: world.Ptr("99999"),
		}}}})
		return err
	}},
	{"GetAllPaymentsByCursor", func(s *Store) error {
		_, err := s.GetAllPaymentsByCursor(context.Background(), &portonev2.GetAllPaymentsByCursorRequest{
			Size: world.Ptr(int32(maxStretch)), Cursor: world.Ptr(stretch{list: "payment"}.cursor(many / 2)),
		})
		return err
	}},
	{"GetAllPaymentEventsByCursor", func(s *Store) error {
		_, err := s.GetAllPaymentEventsByCursor(context.Background(), &portonev2.GetAllPaymentEventsByCursorRequest{})
		return err
	}},
}

// TestManyPayments stores many and looks at what that costs: their memory, and
// that a list call makes objects for its page only. Time is BenchmarkLists'.
func TestManyPayments(t *testing.T) {
	if testing.Short() {
		t.Skip("stores 100,000 payments")
	}
	s, _ := fill(t)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d MiB, %d bytes a payment", m.HeapAlloc>>20, m.HeapAlloc/many)
	if m.HeapAlloc > 1<<30 {
		t.Errorf("%d payments take %d MiB", many, m.HeapAlloc>>20)
	}
	for _, list := range lists {
		made := testing.AllocsPerRun(1, func() {
			if err := list.call(s); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %.0f objects", list.name, made)
		if most := 100.0 * maxStretch; made > most {
			t.Errorf("%s makes %.0f objects, more than %.0f", list.name, made, most)
		}
	}
	runtime.KeepAlive(s)
}

// BenchmarkLists measures list calls with many payments: 10 ms are allowed.
func BenchmarkLists(b *testing.B) {
	s, _ := fill(b)
	for _, list := range lists {
		b.Run(list.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := list.call(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPay measures a payment by card.
func BenchmarkPay(b *testing.B) {
	s, _ := open()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.PayInstantly(context.Background(), byCard(fmt.Sprint("p", i), 1_000, goodNumber)); err != nil {
			b.Fatal(err)
		}
	}
}
