package portoneclient

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/portoneerr"
)

// wantError is how a call of clients/vectors.json has to be taken.
type wantError struct {
	Type             string `json:"type"`
	Reason           string `json:"reason"`
	GatewayReason    string `json:"gatewayReason"`
	Operation        string `json:"operation"`
	IdempotencyKey   string `json:"idempotencyKey"`
	RetryAfterMs     int64  `json:"retryAfterMs"`
	Truncated        bool   `json:"truncated"`
	Decline          string `json:"decline"`
	NextStep         string `json:"nextStep"`
	Data             string `json:"data"`
	LocalizedMessage string `json:"localizedMessage"`
	OutcomeUnknown   bool   `json:"outcomeUnknown"`
	OutcomeUnclear   bool   `json:"outcomeUnclear"`
	Retry            string `json:"retry"`
	AsksAgain        bool   `json:"asksAgain"`
}

// TestVectors takes every failed call of clients/vectors.json.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile("../clients/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name     string    `json:"name"`
			Mutation bool      `json:"mutation"`
			Code     string    `json:"code"`
			Message  string    `json:"message"`
			Status   []byte    `json:"status"`
			Want     wantError `json:"want"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 50 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var code codes.Code
			if err := code.UnmarshalJSON([]byte(`"` + c.Code + `"`)); err != nil {
				t.Fatal(err)
			}
			st := &spb.Status{Code: int32(code), Message: c.Message}
			if c.Status != nil {
				if err := proto.Unmarshal(c.Status, st); err != nil {
					t.Fatal(err)
				}
			}
			known := portoneerr.Call{Mutation: c.Mutation}
			if c.Mutation {
				known.IdempotencyKey = "key-of-the-vectors-1"
			}
			e := portoneerr.FromCall(status.FromProto(st).Err(), known)
			if got := taken(e, known); got != c.Want {
				t.Errorf("taken as\n%+v, want\n%+v", got, c.Want)
			}
		})
	}
}

// taken is how an error is taken.
func taken(e *portoneerr.Error, known portoneerr.Call) wantError {
	asking := &call{asker: newAsker(Options{}), known: known}
	w := wantError{
		Type: e.Type, Operation: e.Operation, IdempotencyKey: e.IdempotencyKey, RetryAfterMs: int64(e.RetryAfter / time.Millisecond),
		Truncated: e.Truncated, LocalizedMessage: e.Localized, OutcomeUnknown: e.OutcomeUnknown(), OutcomeUnclear: e.OutcomeUnclear(),
		Reason: bare(e.Reason.String(), "ERROR_REASON_"), GatewayReason: bare(e.Gateway.String(), "GATEWAY_REASON_"),
		Decline: bare(e.Decline().String(), "DECLINE_REASON_"), NextStep: bare(e.NextStep().String(), "DECLINE_NEXT_STEP_"),
		Retry: [...]string{"never", "same", "later", "check_first"}[e.Retry()], AsksAgain: asking.asksAgain(e),
	}
	if data := e.Data(); data != nil {
		w.Data = string(data.ProtoReflect().Descriptor().FullName())
	}
	return w
}

func bare(name, prefix string) string {
	return strings.Replace(strings.TrimPrefix(name, prefix), "UNSPECIFIED", "", 1)
}
