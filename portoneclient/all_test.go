package portoneclient

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

type (
	partners = portonev2.GetPlatformPartnersRequest
	answer   = portonev2.GetPlatformPartnersResponse
)

// serve answers requests for a list of n partners, of which a page has at most `most`;
// total is what it says of n.
func serve(n, most int, total int32) func(context.Context, *partners, ...grpc.CallOption) (*answer, error) {
	return func(_ context.Context, r *partners, _ ...grpc.CallOption) (*answer, error) {
		size := int(r.GetPage().GetSize())
		begin := min(n, size*int(r.GetPage().GetNumber()))
		end := min(n, begin+size, begin+most)
		return &answer{Items: make([]*portonev2.PlatformPartner, end-begin), Page: &portonev2.PageInfo{TotalCount: &total}}, nil
	}
}

func TestPages(t *testing.T) {
	tests := []struct {
		name            string
		n, most, total  int
		number, size    int32
		want            int
		wantErr         error
		wantErrContains string
	}{
		{name: "none", n: 0, most: 1000, want: 0},
		{name: "less than a page", n: 99, most: 1000, total: 99, want: 99},
		{name: "a page", n: 100, most: 1000, total: 100, want: 100},
		{name: "pages", n: 250, most: 1000, total: 250, want: 250},
		{name: "beginning at the second", n: 250, most: 1000, total: 250, number: 1, want: 150},
		{name: "of another size", n: 25, most: 1000, total: 25, size: 10, want: 25},
		{name: "a total that is too small", n: 250, most: 1000, total: 3, want: 250},
		{name: "all that can be reached", n: 60_000, most: 1000, total: 60_000, size: 1000, want: 60_000},
		{name: "more than can be reached", n: 60_001, most: 1000, total: 60_001, size: 1000, want: 60_000, wantErr: ErrTooDeep},
		{name: "more, of a size that does not divide", n: 60_001, most: 7000, total: 60_001, size: 7000, want: 56_000, wantErr: ErrTooDeep},
		{name: "a size that PortOne does not give", n: 250, most: 50, total: 250, want: 50, wantErrContains: "too large"},
		{name: "a size of nothing", n: 250, most: 1000, size: -1, wantErrContains: "at least 1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			request := &partners{}
			if test.number != 0 || test.size != 0 {
				request.Page = &portonev2.PageInput{Number: &test.number}
				if test.size != 0 {
					request.Page.Size = &test.size
				}
			}
			before := proto.Clone(request)
			got, err := 0, error(nil)
			for _, e := range All(context.Background(), serve(test.n, test.most, int32(test.total)), request) {
				if e != nil {
					err = e
					continue
				}
				got++
			}
			if got != test.want || test.wantErr != nil && !errors.Is(err, test.wantErr) || !strings.Contains(text(err), test.wantErrContains) ||
				(err != nil) != (test.wantErr != nil || test.wantErrContains != "") {
				t.Errorf("%d items, %v", got, err)
			}
			if !proto.Equal(request, before) {
				t.Errorf("the request was changed to %v", request)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestErrorsEndLists(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	call := func(ctx context.Context, r *partners, opts ...grpc.CallOption) (*answer, error) {
		if calls++; calls == 2 {
			return nil, broken
		}
		return serve(250, 1000, 250)(ctx, r, opts...)
	}
	items, failures := 0, 0
	for _, err := range All(context.Background(), call, &partners{}) {
		if err != nil {
			failures++
			continue
		}
		items++
	}
	if items != 100 || failures != 1 || calls != 2 {
		t.Errorf("%d items, %d errors, %d calls", items, failures, calls)
	}
	calls = 0
	for range All(context.Background(), serve(250, 1000, 250), &partners{}) {
		calls++
		break
	}
	if calls != 1 {
		t.Error("a list that is left goes on")
	}
}

func TestCursorThatStandsStill(t *testing.T) {
	call := func(context.Context, *portonev2.GetAllPaymentsByCursorRequest, ...grpc.CallOption) (*portonev2.GetAllPaymentsByCursorResponse, error) {
		return &portonev2.GetAllPaymentsByCursorResponse{Items: []*portonev2.PaymentWithCursor{{Cursor: proto.String("same")}}}, nil
	}
	n := 0
	for _, err := range All(context.Background(), call, &portonev2.GetAllPaymentsByCursorRequest{}) {
		if n++; err != nil {
			break
		}
		if n > 10 {
			t.Fatal("the list has no end")
		}
	}
	if n != 3 {
		t.Errorf("%d steps", n)
	}
}

// TestEveryList prepares a request of every list that the contract has, by the same file
// as other languages.
func TestEveryList(t *testing.T) {
	file, err := os.ReadFile("../clients/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Methods map[string]struct {
			Request  string `json:"request"`
			Mutation bool   `json:"mutation"`
			List     *struct {
				By    string `json:"by"`
				Until string `json:"until"`
			} `json:"list"`
		} `json:"methods"`
	}
	if err := json.Unmarshal(file, &rules); err != nil {
		t.Fatal(err)
	}
	for path, method := range rules.Methods {
		want := read
		if method.Mutation {
			want = mutation
		}
		if got := kindOf(path); got != want {
			t.Errorf("%s is taken for %v", path, got)
		}
		mt, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(method.Request))
		if err != nil {
			t.Fatal(err)
		}
		m := mt.New()
		p, err := newPlace(m)
		switch {
		case (err == nil) != (method.List != nil):
			t.Errorf("%s: %v", path, err)
		case err == nil && (p.cursor != nil) != (method.List.By == "cursor"):
			t.Errorf("%s is not listed by %s", path, method.List.By)
		case err == nil && method.List.Until == "filter.until":
			if filter := m.Get(m.Descriptor().Fields().ByName("filter")).Message(); !filter.Has(filter.Descriptor().Fields().ByName("until")) {
				t.Errorf("%s: no end is set", path)
			}
		}
	}
	for _, path := range []string{"/grpc.health.v1.Health/Check", "/portone.v2.PaymentService/Nothing", "", "/portone.v2.Payment", "nonsense"} {
		if kindOf(path) != foreign {
			t.Errorf("%q is taken for the gateway's", path)
		}
	}
}
