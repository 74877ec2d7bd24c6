package shop

import (
	"os"
	"strings"
	"testing"
	"time"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// TestReservedNumbers looks that every reserved number is one that forms accept,
// and that every code is one of the dictionary of Toss Payments.
func TestReservedNumbers(t *testing.T) {
	table, err := os.ReadFile("../../errmap/pg/tosspayments.tsv")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, c := range TestCards() {
		if !luhn(c.Number) || seen[c.Number] {
			t.Errorf("%s: a wrong check digit, or twice", c.Number)
		}
		seen[c.Number] = true
		if c.About == "" || (c.PgCode == "") != (c.PgMessage == "") {
			t.Errorf("%s: %+v", c.Number, c)
		}
		if c.PgCode != "" && !strings.Contains(string(table), "\n"+c.PgCode+"\t") {
			t.Errorf("%s: Toss Payments has no code %s", c.Number, c.PgCode)
		}
	}
	for _, d := range []*decline{
		declineExpiredCard, declineInstallment, declineInstallmentMonth, declineSessionOver,
		declineWindowClosed, declinePartOfEscrow, declineRefundAccount, declineCapturedBefore,
	} {
		if !strings.Contains(string(table), "\n"+d.code+"\t") {
			t.Errorf("Toss Payments has no code %s", d.code)
		}
	}
}

// luhn reports whether the check digit of a card number is right.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			digit *= 2
		}
		sum += digit/10 + digit%10
	}
	return sum%10 == 0
}

// TestCardsThatDecline charges each, keyed in and by billing key: both are
// declined with its code, leave a failed payment, and can be paid with another
// card.
func TestCardsThatDecline(t *testing.T) {
	for _, c := range TestCards() {
		if c.does != declines {
			continue
		}
		t.Run(c.Number, func(t *testing.T) {
			s, w := open()
			key := issueKey(t, s, c.Number)
			for id, fault := range map[string]*world.Refusal{
				"keyed in": refused(t, s.PayInstantly, byCard("keyed in", 100, c.Number), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER),
				"by key":   refused(t, s.PayWithBillingKey, byKey("by key", key, 100), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER),
			} {
				if code := fault.Data.(*portonev2.PgProviderError).GetPgCode(); code != c.PgCode {
					t.Errorf("%s: code %s, want %s", id, code, c.PgCode)
				}
				p := look(t, s, id, failed).(*portonev2.FailedPayment)
				if p.GetFailure().GetPgCode() != c.PgCode || p.GetAmount().GetPaid() != 0 {
					t.Errorf("%s: %v", id, p)
				}
				do(t, s.PayInstantly, byCard(id, 100, goodNumber))
				look(t, s, id, paid)
			}
			if n := w.Counters["payment.charged"]; n != 2 {
				t.Errorf("charged %d times", n)
			}
		})
	}
}

// TestExpiry lets a stored card expire: it can be charged until the end of its
// last month in Korea.
func TestExpiry(t *testing.T) {
	s, w := open()
	key := issueKey(t, s, goodNumber)
	w.Clock.MoveTo(time.Date(2030, 12, 31, 14, 59, 59, 0, time.UTC))
	do(t, s.PayWithBillingKey, byKey("last", key, 100))
	w.Clock.Advance(time.Second)
	fault := refused(t, s.PayWithBillingKey, byKey("late", key, 100), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	if code := fault.Data.(*portonev2.PgProviderError).GetPgCode(); code != "INVALID_CARD_EXPIRATION" {
		t.Errorf("code %s", code)
	}
}

// TestInstallments has the two ways in which Toss Payments refuses them.
func TestInstallments(t *testing.T) {
	s, _ := open()
	pay := func(id string, total int64, months int32) *portonev2.PayInstantlyRequest {
		return with(byCard(id, total, goodNumber), func(r *portonev2.PayInstantlyRequest) { r.Method.Card.InstallmentMonth = &months })
	}
	do(t, s.PayInstantly, pay("once", 10_000, 1))
	do(t, s.PayInstantly, pay("six", 50_000, 6))
	if m := look(t, s, "six", paid).GetMethod().GetPaymentMethodCard(); m.GetInstallment().GetMonth() != 6 || len(m.GetApprovalNumber()) != 8 {
		t.Errorf("%v", m)
	}
	refused(t, s.PayInstantly, pay("small", 49_999, 6), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
	refused(t, s.PayInstantly, pay("long", 500_000, 13), portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER)
}

// TestNoCardNumbers looks that no answer has a whole card number in it.
func TestNoCardNumbers(t *testing.T) {
	s, _ := open()
	for _, c := range TestCards() {
		_, _ = try(t, s.PayInstantly, byCard("by "+c.Number[12:], 100, c.Number))
		_, _ = try(t, s.IssueBillingKey, keyFor(c.Number))
	}
	for _, object := range dumped(s) {
		for _, c := range TestCards() {
			if strings.Contains(object, c.Number) {
				t.Errorf("%s is in %s", c.Number, object)
			}
		}
	}
}
