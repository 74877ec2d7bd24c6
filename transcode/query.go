package transcode

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

func validText(s string) bool { return utf8.ValidString(s) }

// query writes what the query and the body of an HTTP request hold.
func (d *decoder) query(c *Call, rawQuery string, body []byte) bool {
	json, found := body, len(body) > 0
	seen := make(map[string]bool)
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
		if seen[name] {
			return d.failIn("?"+name, 0, "the query parameter stands twice")
		}
		seen[name] = true
		if name == requestBody && c.bodyInQuery() {
			if found {
				return d.failIn("?"+name, 0, "the request has a body as well")
			}
			json, found = []byte(value), true
			continue
		}
		if !d.queryParameter(c, name, value) {
			return false
		}
	}
	return d.body(c, json, found)
}

func (d *decoder) queryParameter(c *Call, name, value string) bool {
	if f := c.query[name]; f != nil {
		return d.parameter(c.Input, f, value)
	}
	return d.unrecognized(c.Input, []byte("?"+name), appendQuoted(nil, value))
}

// body writes the members of the JSON.
func (d *decoder) body(c *Call, json []byte, found bool) bool {
	if !found {
		json = []byte("{}")
	}
	d.in, d.pos = json, space(json, 0)
	d.request = true
	return d.document(c.Input)
}
