package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/internal/contracttest"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// TestEveryOperation sends random valid requests of every operation through a
// gateway by gRPC and by REST, and holds what reaches PortOne against PortOne's
// documents; and random answers back, with members, enum values and union cases
// from tomorrow, which must reach the caller equal.
//
// What PortOne must get is worked out here from the contract's annotations, not
// by the code under test.
func TestEveryOperation(t *testing.T) {
	p := &portone{}
	g := gatewaytest.Start(t, gatewaytest.Options{Handler: p})
	methods := contracttest.Methods()
	if len(methods) != 151 {
		t.Errorf("the contract has %d operations", len(methods))
	}
	for _, method := range methods {
		t.Run(string(method.Name()), func(t *testing.T) {
			op := newOperation(t, method)
			rapid.Check(t, func(t *rapid.T) {
				want := op.request(t)
				answer := op.answer(t)
				p.expect(answer.contentType, http.StatusOK, answer.body)
				op.byGRPC(t, g, want, answer)
				want.check(t, "gRPC", op, p.last(t))
				op.byREST(t, g, want, answer)
				want.check(t, "REST", op, p.last(t))
			})
		})
	}
}

// TestUnknownParameters: parameters that PortOne has added since reach it as they
// came, repeated ones too.
func TestUnknownParameters(t *testing.T) {
	p, g := newPortone(t)
	for _, query := range []string{"new=a", "new=a&new=b&new=a", "new=&other=%5B1%5D&new=b%20c", "storeId=s&new=a&new=b"} {
		response, err := http.Post(g.URL+payPath+"?"+query, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		want, _ := url.ParseQuery(query)
		if got := p.taken(); response.StatusCode != http.StatusOK || len(got) != 1 || !reflect.DeepEqual(got[0].query, want) {
			t.Errorf("%s is answered with %s, after %d requests with %v", query, response.Status, len(got), got[0].query)
		}
	}
}

// operation is an RPC as the annotations describe it.
type operation struct {
	method     protoreflect.MethodDescriptor
	info       *portonev2.Operation
	verb       string
	template   string
	location   map[string]string // of a member by its JSON name: path or query
	input      *transcode.Message
	output     *transcode.Message // nil for a file
	fullMethod string
}

func newOperation(t *testing.T, method protoreflect.MethodDescriptor) *operation {
	t.Helper()
	var cache transcode.Cache
	op := &operation{method: method, location: make(map[string]string),
		fullMethod: fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())}
	op.info = proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
	rule := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	switch pattern := rule.Pattern.(type) {
	case *annotations.HttpRule_Get:
		op.verb, op.template = "GET", pattern.Get
	case *annotations.HttpRule_Post:
		op.verb, op.template = "POST", pattern.Post
	case *annotations.HttpRule_Put:
		op.verb, op.template = "PUT", pattern.Put
	case *annotations.HttpRule_Patch:
		op.verb, op.template = "PATCH", pattern.Patch
	case *annotations.HttpRule_Delete:
		op.verb, op.template = "DELETE", pattern.Delete
	}
	fields := method.Input().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		switch {
		case strings.Contains(op.template, "{"+string(fd.Name())+"}"):
			op.location[fd.JSONName()] = "path"
		case proto.GetExtension(fd.Options(), portonev2.E_Location) == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY:
			op.location[fd.JSONName()] = "query"
		}
	}
	var err error
	if op.input, err = cache.Message(method.Input()); err != nil {
		t.Fatal(err)
	}
	if !method.IsStreamingServer() {
		if op.output, err = cache.Message(method.Output()); err != nil {
			t.Fatal(err)
		}
	}
	return op
}

// request is a request as PortOne's document has it.
type request struct {
	document []byte // all members in one, as the contract's message has them
	path     []string
	query    url.Values
	body     []byte // nil if there is none
}

// request draws a request.
func (op *operation) request(t *rapid.T) *request {
	inject := contracttest.UnknownMembers | contracttest.UnknownEnums | contracttest.Nulls | contracttest.EmptyOptional
	document := contracttest.Document(op.method.Input(), contracttest.Options{Inject: inject}).Draw(t, "request")
	members := make(map[string]json.RawMessage)
	if err := json.Unmarshal(document, &members); err != nil {
		t.Fatal(err)
	}
	r := &request{query: make(url.Values)}
	body := make(map[string]json.RawMessage)
	for name, raw := range members {
		switch op.location[name] {
		case "path":
			if text := parameter(raw); text == "" || text == "." || text == ".." {
				members[name] = json.RawMessage(`"x"`)
			}
		case "query":
			if string(raw) == "null" { // a query has no null
				delete(members, name)
				continue
			}
			r.query.Set(name, parameter(raw))
		default:
			body[name] = raw
		}
	}
	for s := range strings.SplitSeq(op.template, "/") {
		if field, ok := strings.CutPrefix(s, "{"); ok {
			fd := op.method.Input().Fields().ByTextName(strings.TrimSuffix(field, "}"))
			s = parameter(members[fd.JSONName()])
		}
		r.path = append(r.path, s)
	}
	takesBody := op.info.GetBody() != portonev2.BodyForm_BODY_FORM_UNSPECIFIED
	if required := op.info.GetBodyRequired() || op.verb != "GET" && op.verb != "DELETE"; len(body) > 0 || takesBody && required {
		r.body = encode(t, body)
	}
	r.document = encode(t, members)
	return r
}

// encode writes members without touching their text.
func encode(t *rapid.T, members map[string]json.RawMessage) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parameter is the text of a path or query parameter.
func parameter(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	if number, ok := new(big.Rat).SetString(string(raw)); ok && number.IsInt() {
		return number.Num().String() // JSON may write it as 0.0 or 1e3
	}
	return string(raw)
}

// check compares a request with what reached PortOne.
func (r *request) check(t *rapid.T, transport string, op *operation, got *received) {
	if got.method != op.verb {
		t.Fatalf("%s: the method is %s, want %s", transport, got.method, op.verb)
	}
	if !slices.Equal(got.path, r.path) {
		t.Fatalf("%s: the path is %q, want %q", transport, got.path, r.path)
	}
	if got.header.Get("Authorization") != "PortOne "+gatewaytest.Secret {
		t.Fatalf("%s: the secret is missing", transport)
	}
	if key := got.header.Get("Idempotency-Key"); (op.verb == "GET") != (key == "") {
		t.Fatalf("%s: the idempotency key of a %s is %q", transport, op.verb, key)
	}
	body, query := got.body, got.query
	if inQuery, ok := query["requestBody"]; ok {
		if op.info.GetBody() == portonev2.BodyForm_BODY_FORM_BODY || len(body) > 0 {
			t.Fatalf("%s: a requestBody where there should be none, or a body as well", transport)
		}
		body = []byte(inQuery[0])
		query.Del("requestBody")
	}
	if !reflect.DeepEqual(query, r.query) && len(query)+len(r.query) > 0 {
		t.Fatalf("%s: the query is %v, want %v", transport, query, r.query)
	}
	if (r.body == nil) != (len(body) == 0) {
		t.Fatalf("%s: the body is %q, want %q", transport, body, r.body)
	}
	if r.body != nil {
		if err := contracttest.EqualRaw(op.method.Input(), r.body, body); err != nil {
			t.Fatalf("%s: the body is not what was sent: %v\nsent %s\ngot  %s", transport, err, r.body, body)
		}
	}
}

// answer is what PortOne says.
type answer struct {
	contentType string
	body        []byte
}

func (op *operation) answer(t *rapid.T) answer {
	if op.output == nil {
		return answer{"text/csv; charset=euc-kr", rapid.SliceOf(rapid.Byte()).Draw(t, "file")}
	}
	inject := contracttest.Everything &^ contracttest.MissingDiscriminators
	documents := contracttest.Document(op.method.Output(), contracttest.Options{Inject: inject}).Filter(op.isAnswer)
	return answer{"application/json", documents.Draw(t, "answer")}
}

// isAnswer reports whether a document may pass for PortOne's answer: that to a mutation
// has its required members, or it may be somebody else's.
func (op *operation) isAnswer(document contracttest.JSON) bool {
	var members map[string]json.RawMessage
	if op.verb == "GET" || json.Unmarshal(document, &members) != nil {
		return true
	}
	fields := op.method.Output().Fields()
	for i := range fields.Len() {
		behavior := proto.GetExtension(fields.Get(i).Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		if _, there := members[fields.Get(i).JSONName()]; !there && slices.Contains(behavior, annotations.FieldBehavior_REQUIRED) {
			return false
		}
	}
	return true
}

// byGRPC makes a call and compares its answer.
func (op *operation) byGRPC(t *rapid.T, g *gatewaytest.Gateway, r *request, want answer) {
	wire, err := op.input.AppendWire(nil, r.document, transcode.Lenient)
	if err != nil {
		t.Fatal(err)
	}
	message := dynamicpb.NewMessage(op.method.Input())
	if err := proto.Unmarshal(wire, message); err != nil {
		t.Fatal(err)
	}
	if op.output == nil {
		op.file(t, g, message, want)
		return
	}
	got := dynamicpb.NewMessage(op.method.Output())
	if err := g.Conn.Invoke(context.Background(), op.fullMethod, message, got); err != nil {
		t.Fatalf("gRPC: %v", err)
	}
	wire, err = proto.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	document, err := op.output.AppendJSON(nil, wire)
	if err != nil {
		t.Fatal(err)
	}
	if err := contracttest.EqualRaw(op.method.Output(), want.body, document); err != nil {
		t.Fatalf("gRPC: the answer is not PortOne's: %v\nsent %s\ngot  %s", err, want.body, document)
	}
}

// file makes a call whose answer is a file.
func (op *operation) file(t *rapid.T, g *gatewaytest.Gateway, message proto.Message, want answer) {
	stream, err := g.Conn.NewStream(context.Background(), &grpc.StreamDesc{ServerStreams: true}, op.fullMethod)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.SendMsg(message); err != nil {
		t.Fatal(err)
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	var got answer
	for {
		var piece httpbody.HttpBody
		if err := stream.RecvMsg(&piece); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("gRPC: %v", err)
		}
		got.contentType = piece.ContentType
		got.body = append(got.body, piece.Data...)
	}
	if got.contentType != want.contentType || !bytes.Equal(got.body, want.body) {
		t.Fatalf("gRPC: the file is %v, want %v", got, want)
	}
}

// byREST makes a request as one of PortOne's SDKs would and compares its answer.
func (op *operation) byREST(t *rapid.T, g *gatewaytest.Gateway, r *request, want answer) {
	var path strings.Builder
	for i, s := range r.path {
		if i > 0 {
			path.WriteString("/" + url.PathEscape(s))
		}
	}
	query := url.Values{}
	for name, values := range r.query {
		query[name] = values
	}
	var body io.Reader
	if r.body != nil {
		inQuery := op.info.GetBody() != portonev2.BodyForm_BODY_FORM_BODY && (op.verb == "GET" || op.verb == "DELETE")
		if inQuery && rapid.Bool().Draw(t, "body in the query") {
			query.Set("requestBody", string(r.body))
		} else {
			body = bytes.NewReader(r.body)
		}
	}
	target := g.URL + path.String()
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequest(op.verb, target, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("REST: %v %s\n%s", err, resp.Status, got)
	}
	if ct := resp.Header.Get("Content-Type"); ct != want.contentType {
		t.Fatalf("REST: the content type is %s", ct)
	}
	if op.output == nil {
		if !bytes.Equal(got, want.body) {
			t.Fatalf("REST: the file is %q, want %q", got, want.body)
		}
		return
	}
	if err := contracttest.EqualRaw(op.method.Output(), want.body, got); err != nil {
		t.Fatalf("REST: the answer is not PortOne's: %v\nsent %s\ngot  %s", err, want.body, got)
	}
}

// portone stands in PortOne's place: it keeps the last request and gives the
// answer that it was told to.
type portone struct {
	mu          sync.Mutex
	contentType string
	status      int
	answer      []byte
	requests    []*received
}

// received is a request as it came.
type received struct {
	method string
	path   []string // unescaped
	query  url.Values
	header http.Header
	body   []byte
}

// expect sets the answer to further requests.
func (p *portone) expect(contentType string, status int, answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.contentType, p.status, p.answer, p.requests = contentType, status, answer, nil
}

// last returns the one request since the last time.
func (p *portone) last(t *rapid.T) *received {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) != 1 {
		t.Fatalf("%d requests reached PortOne", len(p.requests))
	}
	r := p.requests[0]
	p.requests = nil
	return r
}

func (p *portone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := &received{method: r.Method, query: r.URL.Query(), header: r.Header}
	for s := range strings.SplitSeq(r.URL.EscapedPath(), "/") {
		text, err := url.PathUnescape(s)
		if err != nil {
			http.Error(w, err.Error(), http.StatusTeapot)
			return
		}
		got.path = append(got.path, text)
	}
	got.body, _ = io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, got)
	w.Header().Set("Content-Type", p.contentType)
	w.WriteHeader(p.status)
	_, _ = w.Write(p.answer)
}
