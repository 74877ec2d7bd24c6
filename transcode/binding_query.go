package transcode

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

func validText(s string) bool { return utf8.ValidString(s) }

// query writes what the query and the body of an HTTP request hold.
func (d *decoder) query(b *Binding, rawQuery string, body []byte) bool {
	json, found := body, len(body) > 0
	seen := make(map[string]bool)
	var others unknownParameters
	for rawQuery != "" {
		var pair string
		pair, rawQuery, _ = strings.Cut(rawQuery, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		if nameErr != nil || valueErr != nil {
			return d.fail(0, "the query has a malformed escape")
		}
		if !validText(name) || !validText(value) {
			return d.fail(0, "the query is not UTF-8")
		}
		isBody := name == requestBody && b.bodyInQuery()
		f := b.query[name]
		if f == nil && !isBody {
			others.add(name, value)
			continue
		}
		if seen[name] {
			return d.failIn("?"+name, 0, "the query parameter stands twice")
		}
		seen[name] = true
		if isBody {
			if found {
				return d.failIn("?"+name, 0, "the request has a body as well")
			}
			json, found = []byte(value), true
			continue
		}
		if !d.parameter(b.Input, f, value) {
			return false
		}
	}
	return others.write(d, b.Input) && d.body(b, json, found)
}

// unknownParameters are those of a query that the contract does not know: its next
// version may have lists among them.
type unknownParameters struct {
	names  []string // in the order in which they came first
	values map[string][]string
}

func (u *unknownParameters) add(name, value string) {
	if u.values == nil {
		u.values = make(map[string][]string)
	}
	if u.values[name] == nil {
		u.names = append(u.names, name)
	}
	u.values[name] = append(u.values[name], value)
}

// write puts the parameters into `unrecognized`.
func (u *unknownParameters) write(d *decoder, m *Message) bool {
	for _, name := range u.names {
		values := u.values[name]
		raw := appendQuoted(nil, values[0])
		if len(values) > 1 {
			raw = append([]byte{'['}, raw...)
			for _, value := range values[1:] {
				raw = appendQuoted(append(raw, ','), value)
			}
			raw = append(raw, ']')
		}
		if !d.unrecognized(m, []byte("?"+name), raw) {
			return false
		}
	}
	return true
}

// body writes the members of the JSON.
func (d *decoder) body(b *Binding, json []byte, found bool) bool {
	if !found {
		json = []byte("{}")
	}
	d.in, d.pos = json, space(json, 0)
	d.request = true
	return d.document(b.Input)
}
