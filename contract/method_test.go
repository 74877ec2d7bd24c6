package contract

import (
	"slices"
	"strings"
	"testing"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

func TestMethods(t *testing.T) {
	methods := Methods()
	if len(methods) != 151 {
		t.Errorf("%d methods, the documents have 151 operations", len(methods))
	}
	if !slices.IsSortedFunc(methods, func(a, b *Method) int { return strings.Compare(a.FullName, b.FullName) }) {
		t.Error("not sorted by name")
	}
	ids := make(map[string]bool)
	for _, m := range methods {
		if m.ID() == "" || ids[m.ID()] {
			t.Errorf("%s: operation id %q is empty or not its own", m.FullName, m.ID())
		}
		ids[m.ID()] = true
		if ByID(m.ID()) != m || Lookup(m.FullName) != m {
			t.Errorf("%s is not found by its names", m.FullName)
		}
		if m.FullName != "/"+m.Service+"/"+m.Name || !strings.HasPrefix(m.Template, "/") {
			t.Errorf("%s: service %s, name %s, template %s", m.FullName, m.Service, m.Name, m.Template)
		}
		for _, name := range m.Params {
			if !strings.Contains(m.Template, "{"+name+"}") {
				t.Errorf("%s: %s has no parameter %s", m.FullName, m.Template, name)
			}
		}
	}
}

func TestMethodFacts(t *testing.T) {
	tests := map[string]struct {
		mutation, streams, empty bool
		params                   string
	}{
		"getPayment":                    {params: "payment_id"},
		"cancelPayment":                 {mutation: true, params: "payment_id"},
		"attachB2bTaxInvoiceFile":       {mutation: true, empty: true, params: "tax_invoice_key"},
		"downloadPlatformTransferSheet": {streams: true},
		"modifyEscrowLogistics":         {mutation: true, params: "payment_id"},
		"deleteBillingKey":              {mutation: true, params: "billing_key"},
	}
	for id, want := range tests {
		t.Run(id, func(t *testing.T) {
			m := ByID(id)
			if m == nil {
				t.Fatalf("the contract has no %s", id)
			}
			if m.IsMutation() != want.mutation || m.Streams != want.streams || m.EmptyAnswer() != want.empty || strings.Join(m.Params, ",") != want.params {
				t.Errorf("mutation %v, streams %v, empty %v, parameters %v; want %+v", m.IsMutation(), m.Streams, m.EmptyAnswer(), m.Params, want)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	for number := range portonev2.ErrorReason_name {
		reason := portonev2.ErrorReason(number)
		if number == 0 {
			continue
		}
		if typ := ErrorType(reason).GetType(); !IsKnownReason(typ) || "ERROR_REASON_"+typ != reason.String() {
			t.Errorf("%v has the type %q", reason, typ)
		}
	}
	for _, unknown := range []string{"", "UNSPECIFIED", "ERROR_REASON_PG_PROVIDER", "pg_provider", "010-1234-5678"} {
		if IsKnownReason(unknown) {
			t.Errorf("%q counts as known", unknown)
		}
	}
	if name := GatewayReasonName(portonev2.GatewayReason_GATEWAY_REASON_OUTCOME_UNKNOWN); name != "OUTCOME_UNKNOWN" || !IsKnownReason(name) {
		t.Errorf("the reason is called %q", name)
	}
}

func TestUnrecognizedIsTheSameEverywhere(t *testing.T) {
	for _, m := range Methods() {
		fd := m.Descriptor.Input().Fields().ByName(UnrecognizedName)
		if fd == nil || fd.Number() != UnrecognizedNumber || !fd.IsMap() {
			t.Errorf("%s: the request's field %s is %v", m.FullName, UnrecognizedName, fd)
		}
	}
}
