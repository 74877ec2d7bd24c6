package registry

import (
	"testing"

	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

func TestFind(t *testing.T) {
	tests := []struct {
		name, brn string
		status    Status
		stopped   bool
	}{
		{"any", "2208162517", Active, false},
		{"the merchant", MerchantBRN, Active, false},
		{"closed", BRNClosed, Closed, true},
		{"suspended", BRNSuspended, Suspended, true},
		{"unreachable", BRNUnreachable, Unreachable, false},
		{"unregistered", BRNUnregistered, Unregistered, false},
		{"others with 000", "0001234567", Unregistered, false},
		{"odd, but registered", BRNNotConnected, Active, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Find(test.brn); got.BRN != test.brn || got.Status != test.status || got.Taxation == 0 || (got.StoppedOn() != nil) != test.stopped {
				t.Errorf("%s: %+v", test.brn, got)
			}
		})
	}
}

// TestReserved expects reserved numbers to be numbers, found as they are listed,
// and their registrations to be complete.
func TestReserved(t *testing.T) {
	for _, b := range Reserved() {
		if !IsBRN(b.BRN) || Find(b.BRN) != b || b.About == "" {
			t.Errorf("%+v is found as %+v", b, Find(b.BRN))
		}
		if b.Status == Unregistered || b.Status == Unreachable {
			continue
		}
		info := b.Info()
		worldtest.Complete(t, info)
		if info.GetBusinessStatus() == "" || info.GetTaxationType() == "" || (info.ClosingDate != nil) != (b.Status == Closed) {
			t.Errorf("%s: %v", b.BRN, info)
		}
	}
}

// TestNames expects names to stay the same, and to differ.
func TestNames(t *testing.T) {
	if a, again := Find("2208162517").Name(), Find("2208162517").Name(); a != again || a == Find("1208147521").Name() {
		t.Errorf("%s, %s and %s", a, again, Find("1208147521").Name())
	}
	if a, again := Person("a"), Person("a"); a != again || a == Person("b") {
		t.Errorf("%s, %s and %s", a, again, Person("b"))
	}
	for text, want := range map[string]bool{"1234567890": true, "123-45-67890": false, "123456789": false, "": false, "１２３４５６７８９０": false} {
		if IsBRN(text) != want {
			t.Errorf("IsBRN(%q) is %v", text, !want)
		}
	}
}
