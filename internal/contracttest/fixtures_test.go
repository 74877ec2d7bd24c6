package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestFixtures(t *testing.T) {
	payment := (&portonev2.Payment{}).ProtoReflect().Descriptor()
	page := (&portonev2.GetPaymentsResponse{}).ProtoReflect().Descriptor()
	for _, c := range []struct {
		name     string
		message  protoreflect.MessageDescriptor
		document []byte
	}{
		{"CardPayment", payment, CardPayment()},
		{"an empty page", page, PaymentsPage(0)},
		{"a page", page, PaymentsPage(20)},
	} {
		if s := check(t, c.message, c.document); len(s.faults) > 0 {
			t.Errorf("%s: not as the contract says: %v", c.name, s.faults)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, c.document); err != nil || !bytes.Equal(compact.Bytes(), c.document) {
			t.Errorf("%s: white space, or no JSON: %v", c.name, err)
		}
	}
	if n := len(CardPayment()); n < 3300 || n > 3500 {
		t.Errorf("the card payment has %d bytes, want about 3,400", n)
	}
}

func TestPaymentsPageHasDifferentIDs(t *testing.T) {
	const n = 20
	page, err := parse(PaymentsPage(n))
	if err != nil {
		t.Fatal(err)
	}
	items := page.members["items"].list
	seen := map[string]bool{}
	for _, item := range items {
		webhook := item.members["webhooks"].list[0]
		for _, id := range []string{item.members["id"].text, item.members["transactionId"].text, webhook.members["id"].text} {
			if seen[id] {
				t.Errorf("%s comes twice", id)
			}
			seen[id] = true
		}
	}
	if want := fmt.Sprintf(`{"number":0,"size":%d,"totalCount":%d}`, n, n); len(items) != n || page.members["page"].source != want {
		t.Errorf("%d items, page %s", len(items), page.members["page"].source)
	}
}
