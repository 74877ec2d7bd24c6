package b2b

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/registry"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/sandbox/worldtest"
)

// start is a Wednesday morning in Korea.
var start = time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)

// provoked has every error that a test met, as operation and type.
var provoked = make(map[string]bool)

// unprovoked are the listed errors that nothing in the sandbox leads to. Those of
// `*` concern every operation.
var unprovoked = map[string][]string{
	"*": {"B2B_NOT_ENABLED", "FORBIDDEN", "INVALID_REQUEST", "UNAUTHORIZED"},

	// Originals are looked at when a modified invoice is drafted, and can neither
	// change nor go after that.
	"requestB2bTaxInvoice": {
		"B2B_CANNOT_CHANGE_TAX_TYPE", "B2B_MODIFICATION_NOT_PROVIDED", "B2B_ORIGINAL_TAX_INVOICE_NOT_FOUND",
		"B2B_TAX_INVOICE_STATUS_NOT_SENDING_COMPLETED",
	},
	"updateB2bTaxInvoiceDraft": {
		"B2B_ID_ALREADY_EXISTS", "B2B_ORIGINAL_TAX_INVOICE_NOT_FOUND", "B2B_TAX_INVOICE_STATUS_NOT_SENDING_COMPLETED",
	},

	// Nothing of these calls names a tax invoice but as an original.
	"draftB2bTaxInvoice":            {"B2B_TAX_INVOICE_NOT_FOUND"},
	"issueB2bTaxInvoiceImmediately": {"B2B_TAX_INVOICE_NOT_FOUND"},

	// It cannot create a counterparty either.
	"requestB2bTaxInvoiceReverseIssuance": {"B2B_TAX_INVOICE_NOT_FOUND", "B2B_ID_ALREADY_EXISTS"},

	// What nothing matches is an empty list.
	"getB2bTaxInvoices": {"B2B_TAX_INVOICE_NOT_FOUND"},

	// A bulk stays.
	"deleteB2bTaxInvoice": {"B2B_BULK_TAX_INVOICE_NOT_FOUND"},
}

// signing are the operations in which an outside service can fail here.
var signing = []string{"issueB2bTaxInvoice", "issueB2bTaxInvoiceImmediately"}

// TestMain expects, after all tests, that every typed error was met that state can
// lead to.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	whole := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" &&
		flag.Lookup("test.skip").Value.String() == ""
	if missed := missed(); code == 0 && whole && len(missed) > 0 {
		fmt.Println("no test provokes", strings.Join(missed, ", "))
		code = 1
	}
	os.Exit(code)
}

func missed() []string {
	var all []string
	for _, file := range []protoreflect.FileDescriptor{portonev2.File_portone_v2_counterparty_proto, portonev2.File_portone_v2_tax_invoice_proto} {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			op := operationOf(methods.Get(i))
			for _, typ := range op.GetErrors() {
				exempt := slices.Contains(unprovoked["*"], typ) || slices.Contains(unprovoked[op.GetId()], typ) ||
					typ == "B2B_EXTERNAL_SERVICE" && !slices.Contains(signing, op.GetId())
				if met := provoked[op.GetId()+" "+typ]; met == exempt && typ != "INVALID_REQUEST" {
					all = append(all, fmt.Sprintf("%s %s (met: %t)", op.GetId(), typ, met))
				}
			}
		}
	}
	return all
}

func operationOf(md protoreflect.MethodDescriptor) *portonev2.Operation {
	return proto.GetExtension(md.Options(), portonev2.E_Operation).(*portonev2.Operation)
}

// sandbox is a store in a world of its own whose clock stands still.
type sandbox struct {
	*Store
	t     *testing.T
	world *world.World
}

func newSandbox(t *testing.T) *sandbox {
	w := world.New(world.NewStoppedClock(start))
	return &sandbox{New(w), t, w}
}

func (s *sandbox) wait(d time.Duration) { s.world.Clock.Advance(d) }

// try calls an RPC. It expects an answer to have all required members, and an
// error to be one that the operation lists.
func try[In, Out proto.Message](t testing.TB, method func(context.Context, In) (Out, error), in In) (Out, error) {
	t.Helper()
	out, err := method(context.Background(), in)
	var fault *world.Refusal
	switch {
	case err == nil:
		for _, path := range worldtest.Absent(out) {
			t.Errorf("%T lacks %s", out, path)
		}
	case errors.As(err, &fault):
		observe(t, in, fault)
	default:
		t.Errorf("%T: %v is no typed error", in, err)
	}
	return out, err
}

// observe notes an error of an operation.
func observe(t testing.TB, in proto.Message, fault *world.Refusal) {
	t.Helper()
	typ := strings.TrimPrefix(fault.Reason.String(), "ERROR_REASON_")
	services := in.ProtoReflect().Descriptor().ParentFile().Services()
	methods := services.Get(0).Methods()
	for i := range methods.Len() {
		if md := methods.Get(i); md.Input() == in.ProtoReflect().Descriptor() {
			op := operationOf(md)
			if !slices.Contains(op.GetErrors(), typ) {
				t.Errorf("%s raises %s, which it does not list", op.GetId(), typ)
			}
			provoked[op.GetId()+" "+typ] = true
			return
		}
	}
	t.Errorf("no RPC takes %T", in)
}

// must calls an RPC that has to succeed.
func must[In, Out proto.Message](t testing.TB, method func(context.Context, In) (Out, error), in In) Out {
	t.Helper()
	out, err := try(t, method, in)
	if err != nil {
		t.Fatalf("%T %v: %v", in, in, err)
	}
	return out
}

// refuse calls an RPC that has to fail with a typed error, and returns the error.
func refuse[In, Out proto.Message](t testing.TB, method func(context.Context, In) (Out, error), in In, reason portonev2.ErrorReason) *world.Refusal {
	t.Helper()
	out, err := try(t, method, in)
	var fault *world.Refusal
	if !errors.As(err, &fault) || fault.Reason != reason {
		t.Fatalf("%T %v: %v, %v; want %v", in, in, out, err, reason)
	}
	return fault
}

// same compares two messages.
func same(t testing.TB, what string, got, want proto.Message) {
	t.Helper()
	if !proto.Equal(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func ptr[T any](value T) *T { return &value }

// TestModesAreApart makes the same objects in both modes, and finds each only
// where it was made.
func TestModesAreApart(t *testing.T) {
	s := newSandbox(t)
	for _, test := range []bool{false, true} {
		s.counterparty("acme", "2208162517", test)
		d := s.input(issuanceNormal)
		must(t, s.DraftB2BTaxInvoice, &portonev2.DraftB2BTaxInvoiceRequest{Test: &test, TaxInvoice: d})
	}
	must(t, s.DeleteB2BTaxInvoice, &portonev2.DeleteB2BTaxInvoiceRequest{
		TaxInvoiceKey: "S-1", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN),
	})
	must(t, s.DeleteB2BCounterparty, &portonev2.DeleteB2BCounterpartyRequest{CounterpartyId: "acme"})
	must(t, s.GetB2BCounterparty, &portonev2.GetB2BCounterpartyRequest{CounterpartyId: "acme", Test: ptr(true)})
	got := must(t, s.GetB2BTaxInvoice, &portonev2.GetB2BTaxInvoiceRequest{
		TaxInvoiceKey: "S-1", TaxInvoiceKeyType: keyOfSupplier.Enum(), Brn: ptr(registry.MerchantBRN), Test: ptr(true),
	})
	refuse(t, s.GetB2BTaxInvoice, &portonev2.GetB2BTaxInvoiceRequest{TaxInvoiceKey: got.GetId()}, invoiceNotFound)
	f := must(t, s.CreateB2BFileUploadUrl, &portonev2.CreateB2BFileUploadUrlRequest{FileName: ptr("a.pdf")})
	refuse(t, s.AttachB2BTaxInvoiceFile, &portonev2.AttachB2BTaxInvoiceFileRequest{TaxInvoiceKey: got.GetId(), FileId: f.FileId, Test: ptr(true)}, fileNotFound)
	if _, ok := s.Counterparty("acme", false); ok {
		t.Error("the deleted counterparty of live mode is still there")
	}
	if c, ok := s.Counterparty("acme", true); !ok || !c.GetIsForTest() {
		t.Errorf("the counterparty of test mode: %v", c)
	}
}

// TestDump expects every kind of object, complete and as a copy.
func TestDump(t *testing.T) {
	s := newSandbox(t)
	s.counterparty("acme", "2208162517", true)
	must(t, s.UpdateB2BCounterparty, &portonev2.UpdateB2BCounterpartyRequest{
		CounterpartyId: "acme", Test: ptr(true), Counterparty: &portonev2.B2BCounterpartyInput{Brn: ptr("2208162517")},
		Options: &portonev2.B2BCounterpartyCreateOptions{CheckBusinessStatus: ptr(true)},
	})
	must(t, s.GetB2BCounterpartyCertificateRegistrationUrl, &portonev2.GetB2BCounterpartyCertificateRegistrationUrlRequest{Brn: "2208162517", Test: ptr(true)})
	s.wait(time.Hour)
	b, err := s.DraftBulk(Bulk{Issuance: issuanceNormal, Source: sheetSource, Invoices: []BulkEntry{{Invoice: s.input(issuanceNormal)}}}, true)
	if err != nil {
		t.Fatal(err)
	}
	id := s.list(&portonev2.GetB2BTaxInvoicesRequest{Test: ptr(true)}).GetItems()[0].GetId()
	f := must(t, s.CreateB2BFileUploadUrl, &portonev2.CreateB2BFileUploadUrlRequest{FileName: ptr("a.pdf"), Test: ptr(true)})
	must(t, s.AttachB2BTaxInvoiceFile, &portonev2.AttachB2BTaxInvoiceFileRequest{TaxInvoiceKey: id, FileId: f.FileId, Test: ptr(true)})

	seen := make(map[string]int)
	s.Dump(func(kind, id string, object proto.Message) {
		seen[kind]++
		if missing := worldtest.Absent(object); len(missing) > 0 || id == "" {
			t.Errorf("%s %q lacks %v", kind, id, missing)
		}
		proto.Reset(object)
	})
	for kind, want := range map[string]int{
		"Counterparties": 2, "Certificates": 1, "Verifications": 1, "BulkTaxInvoices": 1, "Files": 1, "TaxInvoices": 1, "TaxInvoiceAttachments": 1,
	} {
		if seen["b2b"+kind+"InTest"] != want {
			t.Errorf("%s: %d shown", kind, seen["b2b"+kind+"InTest"])
		}
	}
	if again := must(t, s.GetB2BBulkTaxInvoice, &portonev2.GetB2BBulkTaxInvoiceRequest{BulkTaxInvoiceId: b.GetId(), Test: ptr(true)}); !proto.Equal(again, b) {
		t.Errorf("who is shown the bulk can change it: %v", again)
	}
}
