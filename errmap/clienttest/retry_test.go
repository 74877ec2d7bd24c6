package clienttest

import (
	"encoding/hex"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
	"github.com/portone-gateway/portone-gateway/upstream"
)

// counter counts calls that ended.
type counter struct{ calls atomic.Int64 }

func (c *counter) Begin(*contract.Method) {}

func (c *counter) End(*contract.Method, string, codes.Code, string, time.Duration, time.Duration) {
	c.calls.Add(1)
}

// TestRetryPolicies: the retry policies of gRPC clients repeat what did not go up, since
// its error has no header frame, and never a mutation that may have been carried out.
func TestRetryPolicies(t *testing.T) {
	clients := []struct {
		name, needs, how string
		command          []string
	}{
		{"Python", filepath.Join("venv", "bin", "python"), "`pip install -r requirements.txt` in a venv", []string{filepath.Join("venv", "bin", "python"), "retry.py"}},
		{"Node", "node_modules/@grpc/grpc-js", "`npm ci`", []string{"node", "retry.mjs"}},
		{"Java", "jars", "`mvn dependency:copy-dependencies`", []string{"java", "-cp", "jars/*", "Retry.java"}},
	}
	read, _ := proto.Marshal(&portonev2.GetPaymentRequest{PaymentId: "p-1"})
	cancel, _ := proto.Marshal(&portonev2.CancelPaymentRequest{PaymentId: "p-1", Reason: proto.String("r")})
	tests := []struct {
		name, rpc string
		request   []byte
		away      bool // PortOne cannot be reached; else it takes the request and hangs up
		code      codes.Code
		calls     int64
	}{
		{"a read that was not sent", "GetPayment", read, true, codes.Unavailable, 4},
		{"a mutation that was not sent", "CancelPayment", cancel, true, codes.Unavailable, 4},
		{"a mutation whose answer was lost", "CancelPayment", cancel, false, codes.Unknown, 1},
	}
	for _, client := range clients {
		t.Run(client.name, func(t *testing.T) {
			if _, err := os.Stat(client.needs); err != nil {
				t.Skipf("skipped: %s in errmap/clienttest installs what it needs", client.how)
			}
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					c := new(counter)
					o := gatewaytest.Options{
						Handler:  http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
						Upstream: func(o *upstream.Options) { o.MaxAttempts = 1 },
						Service:  func(o *service.Options) { o.Observer = c },
					}
					if test.away {
						o.URL = "http://127.0.0.1:1"
					}
					g := gatewaytest.Start(t, o)
					arguments := append(client.command[1:len(client.command):len(client.command)], g.Addr, "/portone.v2.PaymentService/"+test.rpc, hex.EncodeToString(test.request))
					out, err := exec.CommandContext(t.Context(), client.command[0], arguments...).CombinedOutput()
					if err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					lines := strings.Fields(string(out))
					if got, want := lines[len(lines)-1], codeText(test.code); got != want || c.calls.Load() != test.calls {
						t.Errorf("code %s after %d calls, want %s after %d", got, c.calls.Load(), want, test.calls)
					}
				})
			}
		})
	}
}

func codeText(code codes.Code) string {
	return map[codes.Code]string{codes.Unknown: "2", codes.Unavailable: "14"}[code]
}
