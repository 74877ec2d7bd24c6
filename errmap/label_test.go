package errmap

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

func TestLabel(t *testing.T) {
	for _, test := range []struct{ name, reason, want string }{
		{"none", "", ""},
		{"one of PortOne's", "PAYMENT_NOT_FOUND", "PAYMENT_NOT_FOUND"},
		{"the gateway's own", "OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"},
		{"one from tomorrow", "PAYMENT_ON_THE_MOON", "PAYMENT_ON_THE_MOON"},
		{"with some digits", "B2B_PLAN_2030", "B2B_PLAN_2030"},
		{"a name and a telephone", "홍길동 010-1234-5678", OtherReason},
		{"a name in Latin letters", "Hong Gildong", OtherReason},
		{"a telephone", "01012345678", OtherReason},
		{"a card", "CARD_4242_4242_4242_4242", OtherReason},
		{"a birth date", "BORN_900101", OtherReason},
		{"lower case", "payment_not_found", OtherReason},
		{"a line break", "PAYMENT\nlevel=ERROR", OtherReason},
		{"no UTF-8", "PAYMENT\xff", OtherReason},
		{"an underscore first", "_PAYMENT", OtherReason},
		{"as long as may be", strings.Repeat("X", maxType), strings.Repeat("X", maxType)},
		{"too long", strings.Repeat("X", maxType+1), OtherReason},
	} {
		if got := Label(test.reason); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestLabelOfTheContract: every type of the contract stands as it is, and would if the
// contract did not have it: a new one will.
func TestLabelOfTheContract(t *testing.T) {
	for name := range portonev2.ErrorReason_value {
		typ := strings.TrimPrefix(name, "ERROR_REASON_")
		if typ == "UNSPECIFIED" { // no reason, but the lack of one
			continue
		}
		if Label(typ) != typ || !contract.IsKnownReason(typ) || !looksLikeType(typ) {
			t.Errorf("%s: label %q, known %t, like a type %t", typ, Label(typ), contract.IsKnownReason(typ), looksLikeType(typ))
		}
	}
	if contract.IsKnownReason("") || contract.IsKnownReason("PAYMENT_ON_THE_MOON") || contract.IsKnownReason(OtherReason) {
		t.Error("a reason is known that the contract does not have")
	}
}

// TestLabelIsPlain: whatever the reason, its label is short and of few characters.
func TestLabelIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reason := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Z0-9_]{0,120}`)).Draw(t, "reason")
		label := Label(reason)
		if label != OtherReason && (label != reason || len(label) > maxType ||
			strings.Trim(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "") {
			t.Fatalf("the label of %q is %q", reason, label)
		}
	})
}
