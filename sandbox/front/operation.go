package front

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// operation is an operation of PortOne, as the contract describes it.
type operation struct {
	id     string // PortOne's operationId
	method string // the RPC, such as /portone.v2.PaymentService/GetPayment
	call   *transcode.Binding
	input  protoreflect.MessageType
	output protoreflect.FullName
	schema map[string]string // error schemas by type, where other than usual
	ranged bool              // whether its requests can have ranges
}

// open are the operations that declare no security in PortOne's document.
var open = map[string]bool{
	"evaluateCheckoutProfile": true,
	"getBankInfos":            true,
	"getPaymentSession":       true,
	"loginViaApiSecret":       true,
	"refreshToken":            true,
}

// silent are the operations that PortOne answers with no content at all: 200 and
// an empty body. The other answers without members are {}.
var silent = map[string]bool{
	"attachB2bTaxInvoiceFile":       true,
	"deleteB2bTaxInvoiceAttachment": true,
}

// catalog is all that the sandbox reads of the contract. It never changes.
type catalog struct {
	operations []*operation // sorted by id
	byID       map[string]*operation
	reasons    []*reason
	byType     map[string]*reason
	byReason   map[portonev2.ErrorReason]*reason
}

// compiled is the catalog. Every sandbox has the same one, and it takes some tens
// of milliseconds to compile.
var compiled = sync.OnceValues(readCatalog)

// readCatalog compiles every RPC of the contract.
func readCatalog() (*catalog, error) {
	c := &catalog{
		byID:    make(map[string]*operation),
		reasons: readReasons(), byType: make(map[string]*reason), byReason: make(map[portonev2.ErrorReason]*reason),
	}
	for _, r := range c.reasons {
		c.byType[r.typ], c.byReason[r.number] = r, r
	}
	for _, m := range contract.Methods() {
		if err := c.add(m); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(c.operations, func(a, b *operation) int { return cmp.Compare(a.id, b.id) })
	return c, nil
}

func (c *catalog) add(m *contract.Method) error {
	md := m.Descriptor
	call := transcode.BindingOf(m)
	input, err := protoregistry.GlobalTypes.FindMessageByName(md.Input().FullName())
	if err != nil {
		return fmt.Errorf("sandbox: %s: %w", md.Input().FullName(), err)
	}
	op := &operation{
		id:     m.ID(),
		method: m.FullName,
		call:   call,
		input:  input,
		output: md.Output().FullName(),
		schema: m.Operation.GetErrorSchemas(),
		ranged: hasRange(md.Input()),
	}
	if c.byID[op.id] != nil {
		return fmt.Errorf("sandbox: the contract has operation %s twice", op.id)
	}
	c.operations = append(c.operations, op)
	c.byID[op.id] = op
	return nil
}

// request is a call of an operation, read as far as it could be.
type request struct {
	op      *operation
	object  string        // what its path names: its parameters; empty if it has none
	message proto.Message // what could be read of it; never nil
	problem string        // why it is no valid request; empty if it is one
}

// read reads what an HTTP request asks of an operation.
func (op *operation) read(path []string, rawQuery string, body []byte) *request {
	wire, err := op.call.WireFromHTTP(nil, path, rawQuery, body)
	if err != nil {
		return &request{op: op, object: strings.Join(path, "/"), message: op.input.New().Interface(), problem: err.Error()}
	}
	r := op.readWire(wire)
	r.object = strings.Join(path, "/")
	if problem := op.bodyProblem(rawQuery, len(body) > 0); problem != "" {
		r.problem = problem
	}
	return r
}

// bodyProblem says what is wrong with where the JSON of a request stands.
func (op *operation) bodyProblem(rawQuery string, hasBody bool) string {
	switch form := op.call.Method.Operation.GetBody(); {
	case hasBody && form == portonev2.BodyForm_BODY_FORM_QUERY:
		return "the JSON must stand in the query parameter requestBody"
	case hasBody || !op.call.Method.Operation.GetBodyRequired():
		return ""
	case form != portonev2.BodyForm_BODY_FORM_BODY:
		if query, _ := url.ParseQuery(rawQuery); query.Has("requestBody") {
			return ""
		}
	}
	return "the JSON body is missing"
}

// readWire reads a request message in wire form.
func (op *operation) readWire(wire []byte) *request {
	r := &request{op: op, message: op.input.New().Interface()}
	if err := proto.Unmarshal(wire, r.message); err != nil {
		r.problem = err.Error()
		return r
	}
	r.problem = problemOf(op.call.Violations(wire))
	if r.problem == "" && op.ranged {
		if path := backward(r.message.ProtoReflect(), ""); path != "" {
			r.problem = path + ": is after until"
		}
	}
	return r
}
