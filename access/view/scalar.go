package view

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/portone-gateway/portone-gateway/transcode"
)

// value reads JSON text as a field's value. It is not ok where that cannot be done,
// which has been noted.
func (r *reader) value(child *node, f *Field, raw []byte) (Value, bool) {
	raw = bytes.Trim(raw, " \t\r\n")
	switch {
	case f.List:
		return r.list(child, f, raw)
	case f.Map:
		return r.dict(child, f, raw)
	}
	return r.one(child, f, raw)
}

func (r *reader) list(child *node, f *Field, raw []byte) (Value, bool) {
	var elements []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &elements) != nil {
		return r.other("a list")
	}
	values := make([]Value, 0, len(elements))
	for _, element := range elements {
		value, ok := r.one(child, f, element)
		if !ok {
			return Value{}, false
		}
		values = append(values, value)
	}
	return Value{List: values}, true
}

func (r *reader) dict(child *node, f *Field, raw []byte) (Value, bool) {
	values, fine := make(map[string]Value), true
	err := transcode.Members(raw, func(name, raw []byte) {
		if fine {
			var value Value
			value, fine = r.one(child, f, bytes.Trim(raw, " \t\r\n"))
			values[string(name)] = value
		}
	})
	if err != nil {
		return r.other("an object that has each member once")
	}
	return Value{Map: values}, fine
}

// other notes that a value is not what the contract has.
func (r *reader) other(wanted string) (Value, bool) {
	r.fail("is judged, and is not %s", wanted)
	return Value{}, false
}

// one reads a single value.
func (r *reader) one(child *node, f *Field, raw []byte) (Value, bool) {
	switch f.Kind {
	case Message:
		if len(raw) == 0 || raw[0] != '{' {
			return r.other("an object")
		}
		object := &Object{Type: f.Of, members: make([]member, 0, len(child.selected))}
		r.object(child, object, raw)
		return Value{Object: object}, r.goesOn()
	case String, Enum, Timestamp:
		text, ok := transcode.Text(raw)
		if !ok {
			return r.other("a text")
		}
		return r.text(f, text)
	case Int:
		return r.number(f, string(raw))
	}
	return r.text(f, string(raw))
}

// parameter reads the text of a path or query parameter.
func (r *reader) parameter(into *Object, f *Field, text string) {
	r.path = append(r.path, f.JSON)
	if value, ok := r.text(f, text); ok {
		into.members = append(into.members, member{f.index, value})
	}
	r.path = r.path[:len(r.path)-1]
}

// text reads a value that is written as text: what a JSON string says, or a number or
// boolean as it stands there.
func (r *reader) text(f *Field, text string) (Value, bool) {
	switch f.Kind {
	case String:
		if !utf8.ValidString(text) {
			return r.other("UTF-8")
		}
		return Value{Text: text}, true
	case Enum:
		if !f.Names[text] {
			return r.other("a value that the contract has")
		}
		return Value{Text: text}, true
	case Bool:
		if text != "true" && text != "false" {
			return r.other("a boolean")
		}
		return Value{Bool: text == "true"}, true
	case Int:
		return r.number(f, text)
	case Timestamp:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return r.other("a date-time")
		}
		return Value{Time: t}, true
	}
	return r.other("a value that can be judged")
}

// number takes an integer in its plain form only: whether a server takes 1e3, 1.0 or
// "1000" for a number, and for which, is not known.
func (r *reader) number(f *Field, text string) (Value, bool) {
	size := 64
	if f.small {
		size = 32
	}
	v, err := strconv.ParseInt(text, 10, size)
	if err != nil || strconv.FormatInt(v, 10) != text {
		return r.other("a plain integer")
	}
	return Value{Int: v}, true
}

// unescape undoes percent-encoding. A plus, which some servers take for a space and
// others do not, is never written by SetRequest.
func unescape(text []byte) (string, bool) {
	if bytes.IndexByte(text, '%') < 0 {
		return string(text), bytes.IndexByte(text, '+') < 0
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			return "", false
		case '%':
			if i+2 >= len(text) {
				return "", false
			}
			high, low := hex(text[i+1]), hex(text[i+2])
			if high < 0 || low < 0 {
				return "", false
			}
			out, i = append(out, byte(high<<4|low)), i+2
		default:
			out = append(out, c)
		}
	}
	return string(out), true
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
