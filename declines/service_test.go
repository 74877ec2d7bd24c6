package declines

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	gateway "github.com/portone-gateway/portone-gateway/gen/gateway/portone/gateway/v1"
	gatewayv1 "github.com/portone-gateway/portone-gateway/gen/portone/gateway/v1"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/errmap"
)

func newMapper(t testing.TB) *errmap.Mapper {
	t.Helper()
	m, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	channels, err := errmap.NewChannels(map[string]string{"channel-kcp": "KCP_V2"})
	if err != nil {
		t.Fatal(err)
	}
	m.UseChannels(channels)
	return m
}

// serve runs the service on a plain gRPC server and a plain grpc-gateway mux.
func serve(t *testing.T) (gatewayv1.DeclineServiceClient, string) {
	t.Helper()
	server := grpc.NewServer()
	gatewayv1.RegisterDeclineServiceServer(server, New(newMapper(t)))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	client := gatewayv1.NewDeclineServiceClient(conn)
	mux := runtime.NewServeMux()
	if err := gateway.RegisterDeclineServiceHandlerClient(t.Context(), mux, client); err != nil {
		t.Fatal(err)
	}
	rest := httptest.NewServer(mux)
	t.Cleanup(rest.Close)
	return client, rest.URL
}

// TestExplainDecline asks by gRPC and by REST.
func TestExplainDecline(t *testing.T) {
	client, rest := serve(t)
	lost := &gatewayv1.DeclineExplanation{
		PgProvider: "KCP_V2", PgCode: "CC43", Dictionary: "kcp", Code: code.Code_FAILED_PRECONDITION,
		Reason:     portonev2.DeclineReason_DECLINE_REASON_CARD_LOST_OR_STOLEN,
		NextStep:   portonev2.DeclineNextStep_DECLINE_NEXT_STEP_ASK_FOR_ANOTHER_METHOD,
		Confidence: portonev2.DeclineConfidence_DECLINE_CONFIDENCE_PG_NAMED,
		Texts: []*gatewayv1.DeclineText{
			{Locale: "en-US", Explanation: "The card has been reported lost or stolen.", Advice: "Do not try this card again, and ask for another payment method."},
			{Locale: "ko-KR", Explanation: "분실 또는 도난으로 신고된 카드입니다.", Advice: "이 카드로 다시 시도하지 말고 다른 결제 수단을 요청해야 합니다."},
		},
	}
	byChannel := func(c portonev2.DeclineConfidence) *gatewayv1.DeclineExplanation {
		e := proto.CloneOf(lost)
		e.Confidence = c
		return e
	}
	tests := []struct {
		name string
		ask  *gatewayv1.ExplainDeclineRequest
		want *gatewayv1.DeclineExplanation
	}{
		{"PG named", &gatewayv1.ExplainDeclineRequest{PgProvider: "KCP_V2", PgCode: "CC43"}, lost},
		{"PG named as the contract's enum has it", &gatewayv1.ExplainDeclineRequest{PgProvider: "PG_PROVIDER_KCP_V2", PgCode: "CC43"}, lost},
		{"channel named", &gatewayv1.ExplainDeclineRequest{ChannelKey: "channel-kcp", PgCode: "CC43"}, byChannel(portonev2.DeclineConfidence_DECLINE_CONFIDENCE_CHANNEL_CONFIGURED)},
		{"both named", &gatewayv1.ExplainDeclineRequest{ChannelKey: "channel-kcp", PgProvider: "NICE_V2", PgCode: "CC43"}, nil},
		{"nothing named", &gatewayv1.ExplainDeclineRequest{PgCode: "CC43"}, nil},
		{"an approval", &gatewayv1.ExplainDeclineRequest{PgProvider: "NICE_V2", PgCode: "3001"}, nil},
		{"a PG from tomorrow", &gatewayv1.ExplainDeclineRequest{PgProvider: "NEW_PG", PgCode: "CC43"}, nil},
		{"a PG without a dictionary", &gatewayv1.ExplainDeclineRequest{PgProvider: "INICIS_V2", PgCode: "CC43"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := client.ExplainDecline(t.Context(), test.ask)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.GetExplanation(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			query := url.Values{"pg_provider": {test.ask.GetPgProvider()}, "pg_code": {test.ask.GetPgCode()}, "channel_key": {test.ask.GetChannelKey()}}
			httpStatus, body := get(t, rest+"/-/v1/declines:explain?"+query.Encode())
			var answer struct {
				Explanation *struct {
					PgProvider, Reason string
					Texts              []struct{ Locale string }
				}
			}
			if err := json.Unmarshal(body, &answer); err != nil || httpStatus != http.StatusOK || (answer.Explanation != nil) != (test.want != nil) {
				t.Fatalf("REST: %d %s, %v", httpStatus, body, err)
			}
			if e := answer.Explanation; e != nil && (e.PgProvider != "KCP_V2" || e.Reason != "DECLINE_REASON_CARD_LOST_OR_STOLEN" || len(e.Texts) != 2) {
				t.Errorf("REST: %s", body)
			}
		})
	}
}

// TestBadQuestions: what cannot be a code or a PG is refused, and the error says what.
func TestBadQuestions(t *testing.T) {
	client, rest := serve(t)
	tests := []struct {
		name  string
		ask   *gatewayv1.ExplainDeclineRequest
		field string
	}{
		{"no code", &gatewayv1.ExplainDeclineRequest{PgProvider: "KCP_V2"}, "pgCode"},
		{"a long code", &gatewayv1.ExplainDeclineRequest{PgCode: strings.Repeat("1", 201)}, "pgCode"},
		{"a PG in lower case", &gatewayv1.ExplainDeclineRequest{PgProvider: "kcp_v2", PgCode: "1"}, "pgProvider"},
		{"a PG and more", &gatewayv1.ExplainDeclineRequest{PgProvider: "KCP_V2 NICE", PgCode: "1"}, "pgProvider"},
		{"the enum's zero", &gatewayv1.ExplainDeclineRequest{PgProvider: "PG_PROVIDER_UNSPECIFIED", PgCode: "1"}, "pgProvider"},
		{"the enum's prefix", &gatewayv1.ExplainDeclineRequest{PgProvider: "PG_PROVIDER_", PgCode: "1"}, "pgProvider"},
		{"a long channel key", &gatewayv1.ExplainDeclineRequest{ChannelKey: strings.Repeat("k", 201), PgCode: "1"}, "channelKey"},
		{"a long store", &gatewayv1.ExplainDeclineRequest{StoreId: strings.Repeat("s", 201), PgCode: "1"}, "storeId"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := metadata.AppendToOutgoingContext(t.Context(), "accept-language", "ko")
			_, err := client.ExplainDecline(ctx, test.ask)
			var bad *errdetails.BadRequest
			var text *errdetails.LocalizedMessage
			for _, detail := range status.Convert(err).Details() {
				switch d := detail.(type) {
				case *errdetails.BadRequest:
					bad = d
				case *errdetails.LocalizedMessage:
					text = d
				}
			}
			if status.Code(err) != codes.InvalidArgument || len(bad.GetFieldViolations()) != 1 || bad.GetFieldViolations()[0].GetField() != test.field || text.GetLocale() != "ko-KR" {
				t.Errorf("%v, %v, %v", err, bad, text)
			}
		})
	}
	if httpStatus, body := get(t, rest+"/-/v1/declines:explain"); httpStatus != http.StatusBadRequest {
		t.Errorf("REST: %d %s", httpStatus, body)
	}
}

func TestListDeclineDictionaries(t *testing.T) {
	client, rest := serve(t)
	got, err := client.ListDeclineDictionaries(t.Context(), nil)
	if err != nil || len(got.GetDictionaries()) < 12 {
		t.Fatalf("%v, %v", got, err)
	}
	for _, d := range got.GetDictionaries() {
		if d.GetCodes() == 0 || len(d.GetPgProviders()) == 0 || len(d.GetSources()) == 0 || d.GetSources()[0].GetTitle() == "" || d.GetSources()[0].GetDate() == "" || d.GetCustom() {
			t.Errorf("%v", d)
		}
	}
	if httpStatus, body := get(t, rest+"/-/v1/declines/dictionaries"); httpStatus != http.StatusOK || !strings.Contains(string(body), `"name":"kcp"`) {
		t.Errorf("REST: %d %s", httpStatus, body)
	}
}

func get(t *testing.T, url string) (int, []byte) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}
