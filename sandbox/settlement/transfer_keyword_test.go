package settlement

import (
	"context"
	"slices"
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestKeywordsFollow looks for parts of every text of transfers, while one after the
// other is deleted, and expects what going through their texts would find.
func TestKeywordsFollow(t *testing.T) {
	m := stocked(t)
	ts := &m.live.transfers
	parts := []string{"", "\n", "no such text"}
	for _, tr := range ts.all {
		for _, text := range append([]string{tr.settlementID(), tr.payoutID()}, textsOf(tr)...) {
			parts = append(parts, text, strings.ToUpper(text), text[:len(text)/2], text[len(text)/2:])
		}
	}
	for more := true; more; more = removeOne(t, m) {
		for _, part := range parts {
			for name, search := range map[string]struct {
				keyword *portonev2.PlatformTransferFilterInputKeyword
				texts   func(*transfer) []string
			}{
				"all":          {&portonev2.PlatformTransferFilterInputKeyword{All: &part}, textsOf},
				"memo":         {&portonev2.PlatformTransferFilterInputKeyword{TransferMemo: &part}, func(t *transfer) []string { return []string{t.GetMemo()} }},
				"partner name": {&portonev2.PlatformTransferFilterInputKeyword{PartnerName: &part}, func(t *transfer) []string { return []string{t.GetPartner().GetName()} }},
				"partner memo": {&portonev2.PlatformTransferFilterInputKeyword{PartnerMemo: &part}, func(t *transfer) []string { return []string{t.GetPartner().GetMemo()} }},
			} {
				met, err := ts.filter(&transferFilterInput{Keyword: search.keyword})
				if err != nil {
					t.Fatal(err)
				}
				for _, tr := range ts.all {
					want := slices.ContainsFunc(search.texts(tr), func(text string) bool { return strings.Contains(text, part) })
					if met(tr) != want {
						t.Errorf("%s with %q in it: %s found: %v", name, part, tr.GetId(), !want)
					}
				}
			}
		}
	}
	if len(ts.all) != 1 { // the one that is paid out
		t.Errorf("%d are left", len(ts.all))
	}
}

// textsOf are the texts in which ALL looks.
func textsOf(t *transfer) []string {
	texts := []string{
		t.settlementID(), t.payoutID(), t.GetId(), t.GetMemo(), t.paymentID(), t.orderName(),
		t.GetPartner().GetId(), t.GetPartner().GetName(), t.GetPartner().GetMemo(),
	}
	for _, l := range t.lines() {
		texts = append(texts, l.GetProduct().GetId(), l.GetProduct().GetName())
	}
	return texts
}

// removeOne deletes the latest transfer that can be.
func removeOne(t *testing.T, m *market) bool {
	t.Helper()
	for _, tr := range slices.Backward(m.live.transfers.all) {
		id := tr.GetId()
		if _, err := m.DeletePlatformTransfer(context.Background(), &portonev2.DeletePlatformTransferRequest{Id: id}); err == nil {
			return true
		}
	}
	return false
}
