package view_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// subject is an RPC with everything that is judged most: amounts, stores, ids.
type subject struct {
	method *contract.Method
	call   *transcode.Binding
	plan   *view.Plan
	loose  *view.Plan // unknown members pass
	paths  [][]*view.Field
}

func subjects(t testing.TB) (all []*subject) {
	var types view.Types
	for _, method := range contract.Methods() {
		s := &subject{method: method, call: transcode.BindingOf(method)}
		root := types.Of(method.Descriptor.Input())
		s.collect(root, nil)
		selection := make(view.Selection)
		for _, path := range s.paths {
			for _, f := range path {
				selection[f] = true
			}
		}
		var err error
		if s.plan, err = view.NewPlan(&types, method, selection, view.Unknown{}); err != nil {
			t.Fatal(err)
		}
		if s.loose, err = view.NewPlan(&types, method, selection, view.Unknown{Allow: true}); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// collect finds the paths of single values whose names are those of amounts, stores,
// currencies, tests and ids, three levels deep.
func (s *subject) collect(t *view.Type, path []*view.Field) {
	for _, f := range t.Fields {
		way := append(path[:len(path):len(path)], f)
		switch {
		case f.List || f.Map:
			if f.Name == "store_ids" {
				s.paths = append(s.paths, way)
			}
		case f.Kind == view.Message:
			if len(way) < 3 {
				s.collect(f.Of, way)
			}
		case strings.Contains(f.Name, "amount") || strings.HasSuffix(f.Name, "_id") || strings.HasSuffix(f.Name, "key") ||
			f.Name == "total" || f.Name == "currency" || strings.HasSuffix(f.Name, "test"):
			s.paths = append(s.paths, way)
		}
	}
}

// plain is what a plain parse of an HTTP request says: the members of its JSON, the
// query, and the path in pieces.
type plain struct {
	path  []string
	query url.Values
	body  map[string]any
}

func parsePlainly(r *transcode.Request) (*plain, error) {
	target := "http://portone.test" + string(r.Path)
	if len(r.Query) > 0 {
		target += "?" + string(r.Query)
	}
	u, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	p := &plain{}
	if p.query, err = url.ParseQuery(u.RawQuery); err != nil {
		return nil, err
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
		text, err := url.PathUnescape(segment)
		if err != nil {
			return nil, err
		}
		p.path = append(p.path, text)
	}
	body := r.Body
	if inQuery := p.query["requestBody"]; len(inQuery) > 0 {
		if body != nil || len(inQuery) > 1 {
			return nil, errors.New("more than one body")
		}
		body = []byte(inQuery[0])
	}
	if body == nil {
		return p, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&p.body); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one document")
	}
	return p, nil
}

// lookup finds a field by its place, and what it says as text.
func (p *plain) lookup(s *subject, path []*view.Field) (text string, found bool) {
	root := path[0]
	template := strings.Split(strings.TrimPrefix(s.method.Template, "/"), "/")
	for i, segment := range template {
		if segment == "{"+root.Name+"}" {
			return p.path[i], true
		}
	}
	if s.isQuery(root) {
		return p.query.Get(root.JSON), p.query.Has(root.JSON)
	}
	var at any = p.body
	for _, f := range path {
		object, ok := at.(map[string]any)
		if !ok {
			return "", false
		}
		if at, found = object[f.JSON]; !found {
			return "", false
		}
	}
	return fmt.Sprint(at), true
}

func (s *subject) isQuery(f *view.Field) bool {
	fd := s.method.Descriptor.Input().Fields().ByName(protoName(f.Name))
	location := proto.GetExtension(fd.Options(), portonev2.E_Location)
	return location == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY
}

// check holds what the judge reads of a request against the plain parse.
func (s *subject) check(t *testing.T, r *transcode.Request) {
	t.Helper()
	for _, plan := range []*view.Plan{s.plan, s.loose} {
		object, problem := plan.Read(r)
		if problem != nil {
			continue // refused
		}
		p, err := parsePlainly(r)
		if err != nil {
			t.Fatalf("%s: judged, but a plain parse fails: %v\n%s?%s\n%s", s.method.FullName, err, r.Path, r.Query, r.Body)
		}
		for _, path := range s.paths {
			value, has := object.Lookup(path)
			said, found := p.lookup(s, path)
			if has != found || has && text(path[len(path)-1], value) != said {
				t.Fatalf("%s: %s is judged as %q (%v), a plain parse says %q (%v)\n%s?%s\n%s", s.method.FullName, path[len(path)-1].Name,
					text(path[len(path)-1], value), has, said, found, r.Path, r.Query, r.Body)
			}
		}
		if plan == s.plan {
			s.checkKnown(t, p, r)
		}
	}
}

// checkKnown checks that a request which was judged has nothing at its root that the
// contract does not know.
func (s *subject) checkKnown(t *testing.T, p *plain, r *transcode.Request) {
	t.Helper()
	fields := s.method.Descriptor.Input().Fields()
	for name := range p.body {
		if fields.ByJSONName(name) == nil {
			t.Fatalf("%s: judged beside the unknown member %q\n%s", s.method.FullName, name, r.Body)
		}
	}
	for name := range p.query {
		if name != "requestBody" && fields.ByJSONName(name) == nil {
			t.Fatalf("%s: judged beside the unknown parameter %q", s.method.FullName, name)
		}
	}
}

// text is a value as fmt.Sprint has what encoding/json makes of it.
func text(f *view.Field, v view.Value) string {
	switch {
	case f.List:
		texts := make([]string, len(v.List))
		for i := range v.List {
			texts[i] = v.List[i].Text
		}
		return fmt.Sprint(texts)
	case f.Kind == view.Int:
		return fmt.Sprint(v.Int)
	case f.Kind == view.Bool:
		return fmt.Sprint(v.Bool)
	}
	return v.Text
}

// FuzzMessage sends any bytes for the message of a gRPC call.
func FuzzMessage(f *testing.F) {
	all := subjects(f)
	for i, s := range all {
		f.Add(uint8(i), []byte(nil))
		if s.method.Name != "CancelPayment" && s.method.Name != "GetPayments" && s.method.Name != "GetPayment" && s.method.Name != "PayWithBillingKey" {
			continue
		}
		for _, name := range []string{"amount", "storeId", "paymentId", "filter", "?storeId", "{}storeId", "{}amount", "?requestBody", "Amount", "store_id", "currency"} {
			for _, raw := range []string{"", "null", "7", "1e3", `"x"`, `"a\/b"`, `{"storeId":"b","total":5}`, `["a"]`} {
				f.Add(uint8(i), withRaw(nil, name, raw))
				f.Add(uint8(i), withRaw(withRaw([]byte("\x0a\x02p1"), name, raw), name, "8"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, index uint8, wire []byte) {
		s := all[int(index)%len(all)]
		var r transcode.Request
		if s.call.SetRequest(&r, wire, maxTarget) != nil {
			return // never goes up
		}
		s.check(t, &r)
	})
}

// withRaw appends an entry of `unrecognized`.
func withRaw(wire []byte, name, raw string) []byte {
	entry := protowire.AppendTag(nil, 1, protowire.BytesType)
	entry = protowire.AppendString(entry, name)
	entry = protowire.AppendTag(entry, 2, protowire.BytesType)
	entry = protowire.AppendString(entry, raw)
	wire = protowire.AppendTag(wire, contract.UnrecognizedNumber, protowire.BytesType)
	return protowire.AppendBytes(wire, entry)
}

// FuzzHTTP sends any path parameters, query and body for a call by REST.
func FuzzHTTP(f *testing.F) {
	all := subjects(f)
	for i, s := range all {
		f.Add(uint8(i), "a", "b", "", []byte(nil))
		if s.method.Name == "CancelPayment" || s.method.Name == "GetPayments" || s.method.Name == "GetPayment" || s.method.Name == "DeleteBillingKey" {
			f.Add(uint8(i), "p/1", "", "storeId=a", []byte(`{"storeId":"b","amount":1.5}`))
			f.Add(uint8(i), "p1", "", "storeId=a&storeId=b&x=%2B", []byte(`{"amount":"9"}`))
			f.Add(uint8(i), "p1", "", "requestBody=%7B%22filter%22%3A%7B%22storeId%22%3A%22b%22%7D%7D", []byte(nil))
			f.Add(uint8(i), "p1", "", "", []byte(`{"amount":100,"\u0061mount":9,"filter":{"storeId":null}}`))
		}
	}
	f.Fuzz(func(t *testing.T, index uint8, first, second, query string, body []byte) {
		s := all[int(index)%len(all)]
		wire, err := s.call.WireFromHTTP(nil, []string{first, second, second, second}[:len(s.method.Params)], query, body)
		if err != nil {
			return
		}
		var r transcode.Request
		if s.call.SetRequest(&r, wire, maxTarget) != nil {
			return
		}
		s.check(t, &r)
	})
}
