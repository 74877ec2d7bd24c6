package front

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/sandbox/example"
	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/transcode"
)

const (
	invalidRequest = portonev2.ErrorReason_ERROR_REASON_INVALID_REQUEST
	unauthorized   = portonev2.ErrorReason_ERROR_REASON_UNAUTHORIZED
	outstanding    = portonev2.ErrorReason_ERROR_REASON_IDEMPOTENCY_OUTSTANDING_REQUEST
	pgProvider     = portonev2.ErrorReason_ERROR_REASON_PG_PROVIDER
)

// askedFor is the message of errors that a request asked for.
const askedFor = "the request asked for this error"

// reason is what the contract says of the errors of a type.
type reason struct {
	number portonev2.ErrorReason
	typ    string
	status int
	schema string // its data is a message of that name, if there is one
}

// readReasons returns the contract's error types.
func readReasons() []*reason {
	var all []*reason
	values := portonev2.ErrorReason(0).Descriptor().Values()
	for i := range values.Len() {
		note := proto.GetExtension(values.Get(i).Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
		if note == nil {
			continue
		}
		r := &reason{
			number: portonev2.ErrorReason(values.Get(i).Number()),
			typ:    note.GetType(), status: int(note.GetHttpStatus()), schema: note.GetSchema(),
		}
		if r.status == 0 { // documented without one
			r.status = http.StatusInternalServerError
		}
		all = append(all, r)
	}
	return all
}

// refuse turns a refusal into PortOne's answer.
func (c *catalog) refuse(refusal *world.Refusal) (answer, error) {
	r := c.byReason[refusal.Reason]
	if r == nil {
		return answer{}, fmt.Errorf("sandbox: a refusal of unknown reason %v", refusal.Reason)
	}
	typ, data, err := c.data(refusal, quoted(r.typ))
	if err != nil {
		return answer{}, err
	}
	members := []string{`"type":` + typ}
	if refusal.Message != "" {
		members = append(members, `"message":`+quoted(refusal.Message))
	}
	body := "{" + strings.Join(append(members, data...), ",") + "}"
	return answer{status: r.status, contentType: typeJSON, body: []byte(body)}, nil
}

// data returns the members of a refusal's data, and the refusal's type: the one given,
// unless the data has another, as one error's may.
func (c *catalog) data(refusal *world.Refusal, typ string) (ownType string, members []string, err error) {
	if refusal.Data == nil {
		return typ, nil, nil
	}
	text, err := c.json(refusal.Data)
	if err != nil {
		return "", nil, err
	}
	err = transcode.Members(text, func(name, raw []byte) {
		switch string(name) {
		case "type":
			typ = string(raw)
		case "message":
		default:
			members = append(members, quoted(string(name))+":"+string(raw))
		}
	})
	return typ, members, err
}

// exampleRefusal makes an error of a type as the operation would answer with it,
// with an example of the data that errors of the type have there.
func (c *catalog) exampleRefusal(op *operation, r *reason, about proto.Message, now time.Time) (*world.Refusal, error) {
	schema := r.schema
	if own := op.schema[r.typ]; own != "" {
		schema = own
	}
	refusal := world.Refuse(r.number, askedFor)
	name := portonev2.File_portone_v2_error_proto.Package().Append(protoreflect.Name(schema))
	if _, err := protoregistry.GlobalTypes.FindMessageByName(name); schema == "" || err != nil {
		return refusal, nil // an error of this type has no data
	}
	data, err := example.Message(name, about, now)
	if err != nil {
		return nil, err
	}
	return refusal.With(data), nil
}

// json writes a message as PortOne's JSON, always in the same way.
func (c *catalog) json(message proto.Message) ([]byte, error) {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	return c.wireJSON(message.ProtoReflect().Descriptor(), wire)
}

func (c *catalog) wireJSON(md protoreflect.MessageDescriptor, wire []byte) ([]byte, error) {
	plan := transcode.PlanOf(md)
	return plan.AppendJSON(nil, wire)
}

// quoted is a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil { // no string makes it fail
		panic(err)
	}
	return string(b)
}
