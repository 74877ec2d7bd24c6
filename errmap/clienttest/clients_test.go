// Package clienttest shows that statuses of errmap reach gRPC clients of other
// languages whole, at the limits that those have by default: a client that finds
// the trailers too large loses all of the status.
package clienttest

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/portone-gateway/portone-gateway/errmap"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// large are errors that without a limit would take far more than 8 KiB.
var large = map[string]string{
	"/t/Lists":   `{"type":"PLATFORM_CONTRACTS_NOT_FOUND","ids":[` + strings.Repeat(`"01234567-89ab-cdef-0123-456789abcdef",`, 500) + `"x"],"graphqlIds":[]}`,
	"/t/Korean":  `{"type":"PG_PROVIDER","message":"` + strings.Repeat("한도를 초과했습니다. ", 500) + `","pgCode":"X","pgMessage":"` + strings.Repeat("카드", 2000) + `"}`,
	"/t/Unknown": `{"type":"SOMETHING_NEW","a":"` + strings.Repeat("x", 3800) + `","b":"` + strings.Repeat("y", 9000) + `"}`,
	"/t/Small":   `{"type":"PAYMENT_NOT_FOUND","message":"없음"}`,
}

var methods = []string{"/t/Lists", "/t/Korean", "/t/Unknown", "/t/Small"}

// uncut answers with a status of which nothing was cut, to show what happens then.
const uncut = "/t/Uncut"

// serve answers each method with its error.
func serve(t *testing.T) (target string) {
	t.Helper()
	mapper, err := errmap.New()
	if err != nil {
		t.Fatal(err)
	}
	call := &errmap.Subject{Operation: &portonev2.Operation{Id: "createPlatformPartner"}, Mutation: true, Key: strings.Repeat("k", 256), Language: errmap.Korean}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		if method == uncut {
			return mapper.Answer(call, 404, nil, []byte(large["/t/Lists"])).Full().Err()
		}
		return mapper.Answer(call, 404, nil, []byte(large[method]))
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// check looks at the status that a client got for a method.
func check(t *testing.T, method string, code uint32, details []byte) {
	t.Helper()
	var sent struct{ Type string }
	if err := json.Unmarshal([]byte(large[method]), &sent); err != nil {
		t.Fatal(err)
	}
	st := &spb.Status{}
	if err := proto.Unmarshal(details, st); err != nil || len(details) == 0 {
		t.Fatalf("%s: code %d and %d bytes of details: %v", method, code, len(details), err)
	}
	for _, detail := range st.Details {
		if m, err := detail.UnmarshalNew(); err == nil {
			if info, ok := m.(*errdetails.ErrorInfo); ok {
				cut := info.Metadata["truncated"] != ""
				if info.Reason != sent.Type || cut != (method != "/t/Small") || len(info.Metadata["idempotencyKey"]) != 256 {
					t.Errorf("%s: ErrorInfo is %v", method, info)
				}
				return
			}
		}
	}
	t.Errorf("%s: no ErrorInfo in %v", method, st)
}

func TestGo(t *testing.T) {
	conn, err := grpc.NewClient(serve(t), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithMaxHeaderListSize(8<<10))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, method := range methods {
		st := status.Convert(conn.Invoke(t.Context(), method, &emptypb.Empty{}, &emptypb.Empty{}))
		details, err := proto.Marshal(st.Proto())
		if err != nil {
			t.Fatal(err)
		}
		check(t, method, uint32(st.Code()), details)
	}
	if st := status.Convert(conn.Invoke(t.Context(), uncut, &emptypb.Empty{}, &emptypb.Empty{})); len(st.Details()) > 0 {
		t.Errorf("a status that is not cut arrives: %v", st.Code())
	}
}

func TestNode(t *testing.T) {
	if _, err := os.Stat("node_modules/@grpc/grpc-js"); err != nil {
		t.Skip("skipped: no grpc-js here; `npm ci` in errmap/clienttest installs it")
	}
	run(t, "node", "client.mjs")
}

func TestPython(t *testing.T) {
	python := filepath.Join("venv", "bin", "python")
	if exec.Command(python, "-c", "import grpc").Run() != nil {
		t.Skip("skipped: no grpcio here; `python3 -m venv venv && venv/bin/pip install -r requirements.txt` in errmap/clienttest installs it")
	}
	run(t, python, "client.py")
}

// run lets a client of another language call every method.
func run(t *testing.T, program, script string) {
	t.Helper()
	var errs bytes.Buffer
	command := exec.CommandContext(t.Context(), program, append([]string{script, serve(t)}, append(methods, uncut)...)...)
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for _, method := range methods {
		var got struct {
			Code    uint32
			Details string
		}
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &got) != nil {
			t.Fatalf("%s: the client printed %s", method, lines.Text())
		}
		details, err := base64.StdEncoding.DecodeString(got.Details)
		if err != nil {
			t.Fatal(err)
		}
		check(t, method, got.Code, details)
	}
	if lines.Scan() {
		t.Logf("of a status that is not cut the client has: %.40s...", lines.Text())
	}
}
