package bank

import (
	"context"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestGetBankInfos expects every bank of the contract once, under a name of its
// own.
func TestGetBankInfos(t *testing.T) {
	answer, err := New().GetBankInfos(context.Background(), &portonev2.GetBankInfosRequest{})
	if err != nil {
		t.Fatal(err)
	}
	banks := portonev2.Bank(0).Descriptor().Values()
	if got, want := len(answer.GetItems()), banks.Len()-1; got != want {
		t.Errorf("%d banks, want %d", got, want)
	}
	taken := make(map[string]portonev2.Bank)
	for i, item := range answer.GetItems() {
		if want := portonev2.Bank(banks.Get(i + 1).Number()); item.GetBank() != want {
			t.Errorf("bank %d is %v, want %v", i, item.GetBank(), want)
		}
		name := item.GetName().GetKo()
		if other, ok := taken[name]; ok || name == "" {
			t.Errorf("%v is called %q, like %v", item.GetBank(), name, other)
		}
		taken[name] = item.GetBank()
	}
}
