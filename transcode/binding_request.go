package transcode

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/portone-gateway/portone-gateway/contract"
	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// Request is the HTTP form of a request message. Its buffers are reused by each
// SetRequest, so every goroutine needs a Request of its own.
type Request struct {
	// Path is the escaped path, beginning with a slash.
	Path []byte

	// Query is the encoded query without its question mark; empty if there is
	// none.
	Query []byte

	// Body is the JSON body; nil if there is none.
	Body []byte

	// NoBody is set before SetRequest to leave out a body that would be {}.
	NoBody bool

	json   []byte // buffer of the body
	text   []byte // of the path parameters, unescaped
	params [maxParams]paramValue
	count  int

	bodyInQuery bool // see Binding.bodyInQuery
}

const maxParams = 8 // in one path

// How names in `unrecognized` of a request begin that are no plain members.
const (
	queryPrefix = '?'  // a query parameter
	bodyPrefix  = "{}" // a member of the body that has the name of a parameter
)

// bodyMember is the name in `unrecognized` for a member of the body.
func bodyMember(m *Message, name []byte) []byte {
	_, isField := m.names.find(name)
	if isField || len(name) > 0 && name[0] == queryPrefix || bytes.HasPrefix(name, []byte(bodyPrefix)) {
		return append([]byte(bodyPrefix), name...)
	}
	return name
}

// findInRequest returns the field whose place an entry of a request's
// `unrecognized` takes, and where there is none a key by which names of the same
// meaning are equal.
func (m *Message) findInRequest(name []byte) (key []byte, i uint16, known bool) {
	if rest, inBody := bytes.CutPrefix(name, []byte(bodyPrefix)); inBody {
		if i, known = m.names.find(rest); known && m.fields[i].part == partBody {
			return rest, i, true
		}
		if len(rest) > 0 && rest[0] == queryPrefix || bytes.HasPrefix(rest, []byte(bodyPrefix)) {
			return name, 0, false // its rest would mean something else
		}
		return rest, 0, false
	}
	if len(name) > 0 && name[0] == queryPrefix {
		if i, known = m.names.find(name[1:]); known && m.fields[i].part == partQuery {
			return name[1:], i, true
		}
		return name, 0, false
	}
	i, known = m.names.find(name)
	return name, i, known
}

// paramValue is the text of a path parameter.
type paramValue struct {
	field *field
	span
}

// SetRequest turns a request message in wire form into method, path, query and
// body of the HTTP request; the method is b.Method.HTTPMethod.
//
// A path parameter is one path segment whatever it contains, escaped like
// JavaScript's encodeURIComponent does, which PortOne asks for; empty, "." and ".."
// are errors. The JSON of a GET or DELETE goes into the query parameter
// requestBody, unless path and query would be longer than maxTarget bytes then and
// the operation takes a body too. A POST, PUT or PATCH that takes a body has at
// least {}, unless r.NoBody is set.
//
// Entries of `unrecognized` are members of the body; one with the name of a path
// or query parameter stands for it, one whose name begins with a question mark
// is a query parameter, also one that the contract does not know, and one whose
// name begins with {} is a member of the body whatever the rest of the name is. A
// query parameter that the contract does not know, and whose value is a JSON array,
// stands in the query once for each element: strings as their text, others as their
// JSON. A member or parameter, no list and no map, that is a field of the message and
// in `unrecognized` too is an error, at any depth, whatever the values are.
//
// Errors are of type *Error.
func (b *Binding) SetRequest(r *Request, wire []byte, maxTarget int) error {
	if len(wire) > maxSize {
		return &Error{Problem: tooLarge}
	}
	e := encoders.Get().(*encoder)
	defer e.release()
	r.Path, r.Body = r.Path[:0], nil
	r.forget()
	r.bodyInQuery = b.bodyInQuery()
	if cap(r.json) < len(wire) { // the JSON is seldom shorter
		r.json = make([]byte, 0, len(wire)+len(wire)/2+64)
	}
	e.in, e.out, e.request = wire, r.json[:0], r
	ok := e.message(b.Input, 0, len(wire)) && e.path(b)
	r.json = e.out
	if !ok {
		return e.err.finish()
	}
	b.placeBody(r, maxTarget)
	return nil
}

// placeBody decides where the JSON in r.json travels.
func (b *Binding) placeBody(r *Request, maxTarget int) {
	if len(r.json) == len("{}") && (r.NoBody || !b.sendsEmptyBody()) {
		return
	}
	if !b.bodyInQuery() {
		r.Body = r.json
		return
	}
	before := len(r.Query)
	if before > 0 {
		r.Query = append(r.Query, '&')
	}
	r.Query = append(r.Query, requestBody+"="...)
	r.Query = appendComponent(r.Query, r.json)
	if len(r.Path)+1+len(r.Query) > maxTarget && b.Method.Operation.GetBody() != portonev2.BodyForm_BODY_FORM_QUERY {
		r.Query = r.Query[:before]
		r.Body = r.json
	}
}

// path puts the path together.
func (e *encoder) path(b *Binding) bool {
	r := e.request
	for _, s := range b.segments {
		if s.param == nil {
			r.Path = append(r.Path, s.literal...)
			continue
		}
		text := r.param(s.param)
		if problem := segmentProblem(text); problem != "" {
			e.fail(0, problem)
			e.err.within(s.param.name)
			return false
		}
		r.Path = appendComponent(r.Path, text)
	}
	return true
}

// segmentProblem says why a text cannot be a path segment: a server would take it
// for another path.
func segmentProblem(text []byte) string {
	switch string(text) {
	case "":
		return "the path parameter is missing or empty"
	case ".", "..":
		return "the path parameter must not be . or .."
	}
	return ""
}

func (r *Request) param(f *field) []byte {
	for _, p := range r.params[:r.count] {
		if p.field.index == f.index {
			return r.text[p.start:p.stop]
		}
	}
	return nil
}

// forget drops all parameters.
func (r *Request) forget() { r.Query, r.text, r.count = r.Query[:0], r.text[:0], 0 }

// parameter encodes a field that travels in the path or the query.
func (e *encoder) parameter(f *field, wireType protowire.Type, pos, end int) int {
	if wireType != f.wireType {
		e.fail(pos, "the field is of another wire type")
		return -1
	}
	// The JSON form, without its quotes, is what stands in a URL.
	mark := len(e.out)
	next := e.value(f, pos, end)
	if next < 0 {
		return -1
	}
	if f.kind == kindString {
		start, stop := e.bytes(pos, end)
		e.place(f, e.in[start:stop])
	} else {
		text := e.out[mark:]
		if f.kind == kindEnum || f.kind == kindTimestamp {
			text = text[1 : len(text)-1]
		}
		e.place(f, text)
	}
	e.out = e.out[:mark]
	return next
}

// place puts the text of a parameter where it belongs.
func (e *encoder) place(f *field, text []byte) {
	if f.part == partQuery {
		e.queryParameter(f.name, text)
		return
	}
	r := e.request
	start := len(r.text)
	r.text = append(r.text, text...)
	r.params[r.count] = paramValue{f, span{start, len(r.text)}}
	r.count++
}

func (e *encoder) queryParameter(name string, text []byte) {
	r := e.request
	if len(r.Query) > 0 {
		r.Query = append(r.Query, '&')
	}
	r.Query = appendComponent(r.Query, []byte(name))
	r.Query = append(r.Query, '=')
	r.Query = appendComponent(r.Query, text)
}

// rawParameter handles an entry of `unrecognized` that is a parameter; done is
// false if it is a member of the body.
func (e *encoder) rawParameter(m *Message, name, raw span) (done, ok bool) {
	text := e.in[name.start:name.stop]
	if bytes.HasPrefix(text, []byte(bodyPrefix)) {
		name.start += len(bodyPrefix)
		return true, e.rawMember(name, raw)
	}
	inQuery := len(text) > 0 && text[0] == queryPrefix
	_, i, known := m.findInRequest(text)
	if !inQuery && (!known || m.fields[i].part == partBody) {
		return false, true
	}
	if inQuery && string(text[1:]) == requestBody && e.request.bodyInQuery {
		e.fail(name.start, "the JSON in this parameter is made of the message")
		e.err.within(string(text))
		e.err.within(contract.UnrecognizedName)
		return true, false
	}
	if raw.start == raw.stop {
		return true, true
	}
	if !e.valid(raw.start, raw.stop) {
		e.err.within(string(text))
		e.err.within(contract.UnrecognizedName)
		return true, false
	}
	value := bytes.Trim(e.in[raw.start:raw.stop], " \t\r\n")
	switch {
	case known:
		e.place(&m.fields[i], e.parameterText(value))
	case value[0] == '[':
		e.queryParameters(string(text[1:]), value)
	default:
		e.queryParameter(string(text[1:]), e.parameterText(value))
	}
	return true, true
}

// parameterText is the text that stands in a URL for a JSON value that has been
// checked.
func (e *encoder) parameterText(value []byte) []byte {
	d := &e.check
	if value[0] != '"' {
		return value
	}
	d.in, d.pos, d.err = value, 0, nil
	text, _ := d.scanString()
	return text
}

// queryParameters repeats a parameter for each element of a JSON array that has
// been checked.
func (e *encoder) queryParameters(name string, array []byte) {
	var elements []json.RawMessage
	_ = json.Unmarshal(array, &elements)
	for _, element := range elements {
		e.queryParameter(name, e.parameterText(element))
	}
}

// appendComponent escapes like JavaScript's encodeURIComponent: all bytes but
// letters, digits and - _ . ! ~ * ' ( ).
func appendComponent(dst, s []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range s {
		if plainInURL[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

var plainInURL = func() (plain [256]bool) {
	for c := range plain {
		plain[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	for _, c := range []byte("-_.!~*'()") {
		plain[c] = true
	}
	return plain
}()

// WireFromHTTP appends the wire form of a request message made from an HTTP
// request: the path parameters in the order of the template, unescaped; the query
// as it came; and the body. It is the inverse of SetRequest.
//
// The JSON may stand in the body or in the query parameter requestBody; both at
// once are an error, and so is a parameter of the message that is given twice.
// Values that have no typed form, and parameters that the message does not have, go
// into `unrecognized`: one that is repeated as an array of strings. Errors are of
// type *Error.
func (b *Binding) WireFromHTTP(dst []byte, path []string, rawQuery string, body []byte) ([]byte, error) {
	if len(body) > maxSize || len(rawQuery) > maxSize {
		return dst, &Error{Problem: tooLarge}
	}
	d := decoders.Get().(*decoder)
	defer d.release()
	d.out, d.mode = slices.Grow(dst, len(rawQuery)/2+len(body)+64), Lenient
	if !d.pathParameters(b, path) || !d.query(b, rawQuery, body) {
		return dst, d.err.finish()
	}
	return d.out, nil
}

// pathParameters writes the fields of the path.
func (d *decoder) pathParameters(b *Binding, path []string) bool {
	i := 0
	for _, s := range b.segments {
		if s.param == nil {
			continue
		}
		if i >= len(path) {
			return d.failIn(s.param.name, 0, "the path parameter is missing or empty")
		}
		if problem := segmentProblem([]byte(path[i])); problem != "" {
			return d.failIn(s.param.name, 0, problem)
		}
		if !d.parameter(b.Input, s.param, path[i]) {
			return false
		}
		i++
	}
	return true
}

// parameter writes a path or query parameter.
func (d *decoder) parameter(m *Message, f *field, text string) bool {
	if !validText(text) {
		return d.failIn(f.name, 0, "not UTF-8")
	}
	switch f.kind {
	case kindString:
		d.out = append(d.out, f.tag...)
		d.out = appendBytes(d.out, []byte(text))
		return true
	case kindEnum:
		if number, known := f.enum.number([]byte(text)); known {
			d.out = append(d.out, f.tag...)
			d.out = protowire.AppendVarint(d.out, uint64(number))
			return true
		}
	case kindBool:
		if text == "true" || text == "false" {
			d.out = append(d.out, f.tag...)
			d.out = protowire.AppendVarint(d.out, protowire.EncodeBool(text == "true"))
			return true
		}
	case kindInt32, kindInt64:
		size := 64
		if f.kind == kindInt32 {
			size = 32
		}
		if v, err := strconv.ParseInt(text, 10, size); err == nil && strconv.FormatInt(v, 10) == text {
			d.out = append(d.out, f.tag...)
			d.out = protowire.AppendVarint(d.out, uint64(v))
			return true
		}
	}
	return d.unrecognized(m, []byte(f.name), appendQuoted(nil, text))
}
