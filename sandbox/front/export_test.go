package front

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/contract/router"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// Judge holds what a sandbox shows to its clients against the contract and, if
// PORTONE_OPENAPI names them, against PortOne's documents.
type Judge struct {
	catalog   *catalog
	documents snapshots
}

// NewJudge reads the contract and the documents.
func NewJudge(t *testing.T) *Judge {
	t.Helper()
	c, err := compiled()
	must(t, err)
	return &Judge{c, readSnapshots(t)}
}

// Operations are the ids of all operations.
func (j *Judge) Operations() []string {
	ids := make([]string, len(j.catalog.operations))
	for i, op := range j.catalog.operations {
		ids[i] = op.id
	}
	return ids
}

// Answer tells to which operation a request went, and whether that may answer so.
func (j *Judge) Answer(method, target string, status int, body []byte) (operation string, err error) {
	path, _, _ := strings.Cut(target, "?")
	op, _, _ := j.catalog.find(method, path)
	if op == nil {
		return "", fmt.Errorf("no operation has that path")
	}
	if err := j.catalog.judge(op, status, body); err != nil {
		return op.id, err
	}
	if bytes.Contains(body, []byte(`"IDEMPOTENCY_OUTSTANDING_REQUEST"`)) {
		return op.id, nil // of all mutations, so that no operation's document has it
	}
	if err := j.documents.judge(op.id, status, body); err != nil {
		return op.id, fmt.Errorf("by PortOne's document: %w", err)
	}
	return op.id, nil
}

// Objects reports whether everything that a sandbox keeps is complete, and nothing
// that the contract does not know.
func (j *Judge) Objects(s *Server) error {
	objects, err := s.objects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		typ, err := protoregistry.GlobalTypes.FindMessageByName(o.desc.FullName())
		if err != nil {
			return err
		}
		message := typ.New()
		if err := proto.Unmarshal(o.wire, message.Interface()); err != nil {
			return err
		}
		if err := complete(message, ""); err != nil {
			return fmt.Errorf("%s %s: %w", o.kind, o.id, err)
		}
	}
	return nil
}

// Noise returns the body of a request with more in it that should make no
// difference: members that the contract does not know, in every object, and empty
// lists for absent ones, unless the operation is an update, now or scheduled, to
// which they say something.
func (j *Judge) Noise(method, target string, body []byte) ([]byte, error) {
	path, query, _ := strings.Cut(target, "?")
	op, params, _ := j.catalog.find(method, path)
	if op == nil || len(body) == 0 {
		return body, nil
	}
	r := op.read(params, query, body)
	if r.problem != "" {
		return body, nil
	}
	addNoise(r.message.ProtoReflect(), method == "POST" && !strings.Contains(op.id, "chedule"))
	wire, err := proto.Marshal(r.message)
	if err != nil {
		return nil, err
	}
	var noisy transcode.Request
	err = op.call.SetRequest(&noisy, wire, 1<<20)
	return noisy.Body, err
}

func addNoise(m protoreflect.Message, lists bool) {
	fields := m.Descriptor().Fields()
	rest := fields.ByNumber(unrecognized)
	if rest == nil {
		return // a timestamp
	}
	noise := map[string]string{"tomorrow": `{"a":[null,1]}`, "": `"empty"`}
	for i := range fields.Len() {
		fd := fields.Get(i)
		behaviors, _ := proto.GetExtension(fd.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		switch {
		case !m.Has(fd):
			if lists && fd.IsList() && len(behaviors) == 0 {
				noise[fd.JSONName()] = "[ ]"
			}
		case fd.IsMap() && fd.MapValue().Message() != nil:
			m.Get(fd).Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				addNoise(v.Message(), lists)
				return true
			})
		case fd.IsMap() || fd.Message() == nil:
		case fd.IsList():
			for i := range m.Get(fd).List().Len() {
				addNoise(m.Get(fd).List().Get(i).Message(), lists)
			}
		default:
			addNoise(m.Mutable(fd).Message(), lists)
		}
	}
	for name, raw := range noise {
		m.Mutable(rest).Map().Set(protoreflect.ValueOfString(name).MapKey(), protoreflect.ValueOfString(raw))
	}
}

// find returns the operation of a request, its parameters, and where there is none
// the HTTP methods that its path has.
func (c *catalog) find(method, escapedPath string) (op *operation, params, allowed []string) {
	r, err := http.NewRequest(method, "http://portone"+escapedPath, nil)
	if err != nil {
		return nil, nil, nil
	}
	routes, err := router.New(contract.Methods(),
		func(_ http.ResponseWriter, _ *http.Request, m *contract.Method, found []string) {
			op, params = c.byID[m.ID()], found
		},
		func(_ http.ResponseWriter, _ *http.Request, methods []string) { allowed = methods })
	if err != nil {
		return nil, nil, nil
	}
	routes.ServeHTTP(nil, r)
	return op, params, allowed
}
