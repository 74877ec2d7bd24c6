package transcode

import "slices"

// Members calls f for each member of a JSON object, in order, with its name and the
// raw text of its value; both are good until f returns. It checks the whole
// document as AppendWire does, but calls f for what stands before a mistake. It is
// for documents whose message type depends on what is in them.
//
// The error is of type *Error.
func Members(json []byte, f func(name, raw []byte)) error {
	if len(json) > maxSize {
		return &Error{Problem: tooLarge}
	}
	d := decoders.Get().(*decoder)
	defer d.release()
	d.in = json
	d.pos = space(json, 0)
	if d.pos >= len(json) || json[d.pos] != '{' {
		d.fail(d.pos, "not a JSON object")
		return d.err.finish()
	}
	all := func(name, raw []byte) bool {
		f(name, raw)
		return true
	}
	if !d.rawMembers(all) {
		return d.err.finish()
	}
	if end := space(json, d.pos); end < len(json) {
		d.fail(end, "more text behind the document")
		return d.err.finish()
	}
	return nil
}

// Text returns what a JSON string says, and whether raw is a string. Raw must be
// valid JSON.
func Text(raw []byte) (text string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	d := decoders.Get().(*decoder)
	defer d.release()
	d.in = raw
	content, ok := d.scanString()
	return string(content), ok
}

// Ignoring returns a variant of m whose decoder skips the named members, whatever
// they are, for callers that read those themselves. In the other direction it is
// like m, without a constant of that name.
func (m *Message) Ignoring(names ...string) (*Message, error) {
	own := *m
	own.fields = slices.Clone(m.fields)
	own.mustWrite, own.byNumber = nil, nil
	for _, name := range names {
		if i, known := m.names.find([]byte(name)); known {
			own.fields[i].kind, own.fields[i].isText, own.fields[i].required = kindIgnored, false, false
			if int(i) == own.constant {
				own.constant = -1
			}
			continue
		}
		own.fields = append(own.fields, field{name: name, kind: kindIgnored})
	}
	return &own, own.index()
}
