package main

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	reflection "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

var (
	curlLine    = regexp.MustCompile(`(?m)^  curl (?:-H '([^']*)' )?(?:--unix-socket (\S+) )?'http://([^/']+)(/[^']*)'$`)
	grpcurlLine = regexp.MustCompile(`(?m)^  grpcurl -plaintext (?:-unix )?-d '\{"page":\{"size":3\}\}' (\S+) (portone\.v2\.PaymentService)/GetPayments$`)
	sdkLine     = regexp.MustCompile(`(?m)^  PortOneClient\(\{ secret: "sandbox", baseUrl: "http://([^"]+)" \}\)`)
	placeLine   = regexp.MustCompile(`(?m)^  (\w+) +http://([^/\s]+)(/\S*)?`)
)

// banner is what the program says when it begins, which is written at once.
func (p *program) banner(t *testing.T) string {
	t.Helper()
	p.stdout.awaitLine(t, "  curl ", p.exited)
	return p.stdout.String()
}

// pasted does what the curl line of a banner does, and returns the address that it
// asks.
func pasted(t *testing.T, banner string) string {
	t.Helper()
	line := curlLine.FindStringSubmatch(banner)
	if line == nil {
		t.Fatalf("there is no curl line in\n%s", banner)
	}
	addr := line[3]
	if line[2] != "" {
		addr = line[2]
	}
	var headers []string
	if line[1] != "" {
		headers = []string{line[1]}
	}
	answer := get(t, addr, line[4], headers...)
	var payments struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(answer.body), &payments); err != nil || answer.status != http.StatusOK || len(payments.Items) != 3 {
		t.Errorf("%s: %d with %v\n%s", line[0], answer.status, err, answer.body)
	}
	return addr
}

// TestSandboxBanner: what the banner of --sandbox says is so.
func TestSandboxBanner(t *testing.T) {
	p := startWith(t, nil, "--sandbox", "--sandbox-addr=127.0.0.1:0")
	banner := p.banner(t)
	if addr := pasted(t, banner); addr != p.http {
		t.Errorf("curl asks %s, REST is at %s", addr, p.http)
	}
	if sdk := sdkLine.FindStringSubmatch(banner); sdk == nil || sdk[1] != p.http {
		t.Errorf("the line for the SDK is %q, REST is at %s", sdk, p.http)
	}
	pastedGRPC(t, p, banner)
	places := make(map[string][]string)
	for _, line := range placeLine.FindAllStringSubmatch(banner, -1) {
		places[line[1]] = line[2:]
	}
	if rest := places["REST"]; len(rest) == 0 || rest[0] != p.http {
		t.Errorf("REST is at %s, the banner says %q", p.http, rest)
	}
	for name, part := range map[string]string{"admin": "portone_gateway_calls_total", "sandbox": `"operations"`} {
		place := places[name]
		if len(place) != 2 {
			t.Errorf("there is no place of %s in\n%s", name, banner)
			continue
		}
		if a := get(t, place[0], place[1]); a.status != http.StatusOK || !strings.Contains(a.body, part) {
			t.Errorf("%s at %q: %d\n%.300s", name, place, a.status, a.body)
		}
	}
}

// pastedGRPC does what the grpcurl line of a banner does: it looks the service up
// by reflection, and calls it.
func pastedGRPC(t *testing.T, p *program, banner string) {
	t.Helper()
	line := grpcurlLine.FindStringSubmatch(banner)
	if line == nil || line[1] != p.grpc {
		t.Fatalf("the line for grpcurl is %q, gRPC is at %s", line, p.grpc)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn := p.dial(t)
	stream, err := reflection.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	request := &reflection.ServerReflectionRequest{MessageRequest: &reflection.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: line[2]}}
	if err := stream.Send(request); err != nil {
		t.Fatal(err)
	}
	if found, err := stream.Recv(); err != nil || len(found.GetFileDescriptorResponse().GetFileDescriptorProto()) == 0 {
		t.Errorf("reflection of %s: %v with %v", line[2], err, found.GetErrorResponse())
	}
	payments, err := portonev2.NewPaymentServiceClient(conn).GetPayments(ctx, &portonev2.GetPaymentsRequest{Page: &portonev2.PageInput{Size: proto.Int32(3)}})
	if err != nil || len(payments.GetItems()) != 3 {
		t.Errorf("gRPC: %v with %v", err, payments)
	}
}

// TestSandboxBannerElsewhere: the banner stays usable on every address of the
// machine and on sockets.
func TestSandboxBannerElsewhere(t *testing.T) {
	folder := socketFolder(t)
	t.Run("every address", func(t *testing.T) {
		p := startWith(t, nil, "--sandbox", "--sandbox-addr=:0", "--http-addr=:0", "--grpc-addr=0.0.0.0:0")
		if addr := pasted(t, p.banner(t)); !strings.HasPrefix(addr, "127.0.0.1:") {
			t.Errorf("curl asks %s", addr)
		}
	})
	t.Run("sockets", func(t *testing.T) {
		p := startWith(t, nil, "--sandbox", "--sandbox-addr=127.0.0.1:0", "--http-addr=unix://"+folder+"/http", "--grpc-addr=unix://"+folder+"/grpc")
		banner := p.banner(t)
		pasted(t, banner)
		pastedGRPC(t, p, banner)
		if sdkLine.MatchString(banner) {
			t.Errorf("there is a line for the SDK, which knows no sockets:\n%s", banner)
		}
	})
	t.Run("sandbox on a socket", func(t *testing.T) {
		p := launch(t, nil, "sandbox", "--addr=unix://"+filepath.Join(folder, "sandbox"))
		pasted(t, p.banner(t))
	})
}

// TestSandboxAlone runs the sandbox without a gateway, for net/http.
func TestSandboxAlone(t *testing.T) {
	p := launch(t, nil, "sandbox", "--addr=127.0.0.1:0")
	addr := pasted(t, p.banner(t))
	a := get(t, addr, "/payments/demo-payment-1", "Authorization: PortOne anything", "X-Portone-Sandbox: error=PAYMENT_NOT_FOUND")
	if a.status != http.StatusNotFound || !strings.Contains(a.body, `"PAYMENT_NOT_FOUND"`) {
		t.Errorf("trouble that was asked for: %d\n%s", a.status, a.body)
	}
	p.signal(t, syscall.SIGTERM)
	if status := p.wait(t); status != 0 || p.stderr.String() != "" {
		t.Errorf("after SIGTERM it ends with %d", status)
	}
}

// TestSandboxEmpty: a sandbox begins without the demo where that is asked for, and
// comes back to that.
func TestSandboxEmpty(t *testing.T) {
	alone := launch(t, nil, "sandbox", "--addr=127.0.0.1:0", "--empty")
	for name, addr := range map[string]string{
		"alone":            curlLine.FindStringSubmatch(alone.banner(t))[3],
		"behind a gateway": startWith(t, nil, "--sandbox", "--sandbox-addr=127.0.0.1:0", "--sandbox-empty").http,
	} {
		a := get(t, addr, firstPayments, "Authorization: PortOne anything")
		if a.status != http.StatusOK || !strings.Contains(a.body, `"items":[]`) {
			t.Errorf("%s: %d\n%s", name, a.status, a.body)
		}
	}
}

// TestSandboxTrouble: a caller of the gateway can ask its sandbox for trouble.
func TestSandboxTrouble(t *testing.T) {
	p := startWith(t, []string{"PORTONE_GATEWAY_SANDBOX=true"}, "--sandbox-addr=127.0.0.1:0")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-portone-sandbox", "error=PAYMENT_NOT_FOUND")
	request := &portonev2.GetPaymentRequest{PaymentId: "demo-payment-1"}
	_, err := portonev2.NewPaymentServiceClient(p.dial(t)).GetPayment(ctx, request)
	if status.Code(err) != codes.NotFound || reasonOf(err) != "PAYMENT_NOT_FOUND" {
		t.Errorf("gRPC: %v", err)
	}
	a := get(t, p.http, "/payments/demo-payment-1", "X-Portone-Sandbox: error=PAYMENT_NOT_FOUND")
	if a.status != http.StatusNotFound || !strings.Contains(a.body, `"PAYMENT_NOT_FOUND"`) {
		t.Errorf("REST: %d\n%s", a.status, a.body)
	}
	if a := get(t, p.http, "/payments/demo-payment-1"); a.status != http.StatusOK {
		t.Errorf("without asking for trouble: %d\n%s", a.status, a.body)
	}
}

// TestNoTroubleForPortOne: PortOne never sees the header of its imitation.
func TestNoTroubleForPortOne(t *testing.T) {
	portone := newStub(t, nil)
	p := start(t, portone.url)
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-portone-sandbox", "error=ALREADY_PAID")
	if _, err := pay(ctx, p.dial(t), "payment-1"); err != nil {
		t.Errorf("gRPC: %v", err)
	}
	if a, err := payREST(ctx, p.http, "payment-2", "X-Portone-Sandbox: error=ALREADY_PAID"); err != nil || a.status != http.StatusOK {
		t.Errorf("REST: %v with %v", err, a)
	}
	seen := portone.headers()
	if len(seen) != 2 || slices.ContainsFunc(seen, func(h http.Header) bool { return h.Get("X-Portone-Sandbox") != "" }) {
		t.Errorf("PortOne got %v", seen)
	}
}
