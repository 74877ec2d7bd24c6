package worldtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
)

// recorder is a test that fails on paper.
type recorder struct{ problems []string }

func (*recorder) Helper() {}
func (r *recorder) Errorf(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func TestAbsent(t *testing.T) {
	info := func(name string) *portonev2.BankInfo {
		return &portonev2.BankInfo{Bank: portonev2.Bank_BANK_KDB.Enum(), Name: &portonev2.BankInfoName{Ko: &name}}
	}
	tests := []struct {
		name    string
		message proto.Message
		want    []string
	}{
		{"complete", info("은행"), nil},
		{"empty is not absent", info(""), nil},
		{"a member", &portonev2.BankInfo{Name: &portonev2.BankInfoName{Ko: world.Ptr("은행")}}, []string{"bank"}},
		{"within", &portonev2.BankInfo{Bank: portonev2.Bank_BANK_KDB.Enum(), Name: &portonev2.BankInfoName{}}, []string{"name.ko"}},
		{"within a list", &portonev2.GetBankInfosResponse{Items: []*portonev2.BankInfo{info("은행"), {}}}, []string{"items.bank", "items.name"}},
		{"an empty list", &portonev2.GetBankInfosResponse{}, nil},
		{"a union", &portonev2.Payment{}, []string{"status (no case)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Absent(test.message); !slices.Equal(got, test.want) {
				t.Errorf("%v lacks %q, want %q", test.message, got, test.want)
			}
			r := new(recorder)
			Complete(r, test.message)
			if got := len(r.problems) > 0; got != (test.want != nil) {
				t.Errorf("problems %q", r.problems)
			}
		})
	}
}

func TestListed(t *testing.T) {
	tests := []struct {
		name    string
		fault   *world.Refusal
		problem string
	}{
		{"listed", world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, "no payment"), ""},
		{"not listed", world.Refuse(portonev2.ErrorReason_ERROR_REASON_CHANNEL_NOT_FOUND, "no channel"), "CHANNEL_NOT_FOUND"},
		{"no message", world.Refuse(portonev2.ErrorReason_ERROR_REASON_PAYMENT_NOT_FOUND, ""), "without a message"},
		{"incomplete", world.Refuse(portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER, "no").With(&portonev2.PgProviderError{}), "pgCode"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := new(recorder)
			Listed(r, &portonev2.CancelPaymentRequest{}, test.fault)
			if got := strings.Join(r.problems, "\n"); (got == "") != (test.problem == "") || !strings.Contains(got, test.problem) {
				t.Errorf("problems %q, want %q", got, test.problem)
			}
		})
	}
}
