package world

import (
	"errors"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// event happened some days before the clock's time, or never.
type event struct {
	name string
	at   time.Time
}

func events() []*event {
	day := func(n int) time.Time { return start.AddDate(0, 0, -n) }
	return []*event{{"long ago", day(100)}, {"at the edge", day(90)}, {"never", time.Time{}}, {"yesterday", day(1)}, {"also", day(1)}, {"now", start}, {"later", day(-1)}}
}

func names(list []*event) (all []string) {
	for _, e := range list {
		all = append(all, e.name)
	}
	return all
}

func TestSelectDuring(t *testing.T) {
	at := func(e *event) time.Time { return e.at }
	days := func(n int) *timestamppb.Timestamp { return timestamppb.New(start.AddDate(0, 0, -n)) }
	tests := []struct {
		name        string
		from, until *timestamppb.Timestamp
		want        []string
	}{
		{"no ends", nil, nil, []string{"at the edge", "yesterday", "also", "now"}},
		{"a beginning", days(120), nil, []string{"long ago", "at the edge", "yesterday", "also", "now"}},
		{"an end", nil, days(1), []string{"at the edge", "yesterday", "also"}},
		{"both", days(1), days(-5), []string{"yesterday", "also", "now", "later"}},
		{"the wrong way round", days(0), days(1), nil},
		{"a beginning to come", days(-1), nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			notAlso := func(e *event) bool { return e.name != "also" }
			during, err := During(NewStoppedClock(start), test.from, test.until, at)
			if test.want == nil {
				if fault := new(Refusal); !errors.As(err, &fault) || fault.Reason != portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := names(Select(events(), []Condition[*event]{during})); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			got := names(Select(events(), []Condition[*event]{notAlso, during}))
			if want := slices.DeleteFunc(slices.Clone(test.want), func(n string) bool { return n == "also" }); !slices.Equal(got, want) {
				t.Errorf("with two conditions: %q, want %q", got, want)
			}
		})
	}
}

func TestArrange(t *testing.T) {
	asc, desc := portonev2.SortOrder_SORT_ORDER_ASC, portonev2.SortOrder_SORT_ORDER_DESC
	byLength := func(e *event) time.Time { return time.Unix(int64(len(e.name)), 0) }
	list := func() []*event { return []*event{{name: "aaa"}, {name: "b"}, {name: "cc"}, {name: "dd"}} }
	tests := []struct {
		name  string
		by    func(*event) time.Time
		order portonev2.SortOrder
		want  []string
	}{
		{"as it is", nil, asc, []string{"aaa", "b", "cc", "dd"}},
		{"as it is, the latest first", nil, desc, []string{"dd", "cc", "b", "aaa"}},
		{"without an order", nil, portonev2.SortOrder_SORT_ORDER_UNSPECIFIED, []string{"dd", "cc", "b", "aaa"}},
		{"by a time", byLength, asc, []string{"b", "cc", "dd", "aaa"}},
		{"by a time, the latest first", byLength, desc, []string{"aaa", "dd", "cc", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := list()
			Arrange(got, test.by, test.order)
			if !slices.Equal(names(got), test.want) {
				t.Errorf("got %q, want %q", names(got), test.want)
			}
		})
	}
}
