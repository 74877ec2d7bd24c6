package example

import (
	"regexp"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/transcode"
)

var now = time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("KST", 9*3600))

func ptr[T any](v T) *T { return &v }

func made[T proto.Message](t *testing.T, request proto.Message) T {
	t.Helper()
	var zero T
	m, err := Message(zero.ProtoReflect().Descriptor().FullName(), request, now)
	if err != nil {
		t.Fatal(err)
	}
	return m.(T)
}

// TestEcho expects what the request said in the answer, where names and types are
// the same, and nothing else of it.
func TestEcho(t *testing.T) {
	request := &portonev2.CreatePlatformPartnerRequest{
		Test: ptr(true),
		Id:   ptr("partner-1"),
		Name: ptr(""),
		Tags: []string{"a", "b"},
		Contact: &portonev2.CreatePlatformPartnerBodyContact{
			Name: ptr("김포트"), Email: ptr("kim@example.com"),
		},
		Memo: ptr("note"),
	}
	got := made[*portonev2.CreatePlatformPartnerResponse](t, request).GetPartner()
	switch {
	case got.GetId() != "partner-1", got.Name == nil || *got.Name != "", got.GetMemo() != "note":
		t.Errorf("scalars: %v", got)
	case len(got.GetTags()) != 2:
		t.Errorf("lists: %v", got)
	case got.GetContact().GetName() != "김포트", got.GetContact().GetEmail() != "kim@example.com":
		t.Errorf("messages of another type, member by member: %v", got)
	case got.GetGraphqlId() == "", !got.GetAppliedAt().AsTime().Equal(now):
		t.Errorf("what the request does not say: %v", got)
	}
}

// TestEchoList expects an element for each that the request has.
func TestEchoList(t *testing.T) {
	request := &portonev2.CreatePlatformPartnersRequest{Partners: []*portonev2.CreatePlatformPartnerBody{
		{Id: ptr("a")}, {Id: ptr("b")}, {},
	}}
	got := made[*portonev2.CreatePlatformPartnersResponse](t, request).GetPartners()
	if len(got) != 3 || got[0].GetId() != "a" || got[1].GetId() != "b" || got[2].GetId() == "" {
		t.Errorf("got %v", got)
	}
}

// TestEchoOtherType expects a member of the same name and another type to be made
// up.
func TestEchoOtherType(t *testing.T) {
	request := &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Number: ptr(int32(3)), Size: ptr(int32(7))}}
	got := made[*portonev2.GetPaymentsResponse](t, request).GetPage()
	if got.GetNumber() != 3 || got.GetSize() != 7 || got.TotalCount == nil {
		t.Errorf("got %v", got)
	}
}

func TestUnions(t *testing.T) {
	cancelled := made[*portonev2.CancelPaymentResponse](t, &portonev2.CancelPaymentRequest{Reason: ptr("why")})
	if cancelled.GetCancellation().GetSucceeded() == nil && cancelled.GetCancellation().GetRequested() == nil {
		t.Errorf("an example of failure: %v", cancelled)
	}
	if got := made[*portonev2.Payment](t, nil); got.Status == nil {
		t.Error("a payment without a case")
	}
}

// TestEveryMessage makes every message of the contract, without a request, twice.
func TestEveryMessage(t *testing.T) {
	for _, md := range contracttest.Messages() {
		first, err := Message(md.FullName(), nil, now)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Message(md.FullName(), nil, now)
		if err != nil || !proto.Equal(first, again) {
			t.Errorf("%s: twice, and not the same", md.FullName())
		}
		if _, err := transcode.Marshal(first); err != nil {
			t.Errorf("%s: %v", md.FullName(), err)
		}
		checkTexts(t, first.ProtoReflect())
	}
}

var date = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)

// checkTexts looks for required texts without form, and for dates that are none.
func checkTexts(t *testing.T, m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Message() != nil && !fd.IsList() && !fd.IsMap():
			if _, isTime := v.Message().Interface().(*timestamppb.Timestamp); !isTime {
				checkTexts(t, v.Message())
			}
		case fd.Kind() != protoreflect.StringKind || fd.IsList() || fd.IsMap():
		case v.String() == "":
			t.Errorf("%s is empty", fd.FullName())
		case regexp.MustCompile(`(?i)date$`).MatchString(fd.JSONName()) && !date.MatchString(v.String()):
			t.Errorf("%s is %q", fd.FullName(), v)
		}
		return true
	})
}

func TestSheet(t *testing.T) {
	got, err := Sheet(&portonev2.DownloadPlatformTransferSheetRequest{Fields: []string{"TRANSFER_ID", `a,"b`}})
	if want := "TRANSFER_ID,\"a,\"\"b\"\nexample-transfer-id,\"example-a,\"\"b\"\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Sheet(&portonev2.DownloadPlatformTransferSheetRequest{}); err != nil || string(got) != "ID\nexample-id\n" {
		t.Errorf("without columns: %q, %v", got, err)
	}
}

func TestUnknownType(t *testing.T) {
	if _, err := Message("portone.v2.Nothing", nil, now); err == nil {
		t.Error("no error")
	}
}
