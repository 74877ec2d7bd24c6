package transcode

// union decodes a flat object whose case is told by one of its members.
func (d *decoder) union(m *Message) bool {
	start, depth := d.pos, d.depth
	c, ok := d.findCase(m)
	if !ok {
		return false
	}
	d.pos, d.depth = start, depth
	if c == nil {
		return d.unknownCase(m)
	}
	d.out = append(d.out, c.tag...)
	mark := d.openLength()
	if !d.object(c.message) {
		return false
	}
	d.closeLength(mark)
	return true
}

// findCase looks for the discriminator among the members of the object at d.pos,
// and returns its case: nil if there is none of that name, or no discriminator.
func (d *decoder) findCase(m *Message) (c *field, ok bool) {
	i := space(d.in, d.pos+1)
	if end := i + len(m.propertyKey); end < len(d.in) && string(d.in[i:end]) == string(m.propertyKey) {
		d.pos = space(d.in, end)
		return d.caseValue(m)
	}
	more, ok := d.openObject()
	for more && ok {
		name, ok := d.memberName()
		if !ok {
			return nil, false
		}
		if string(name) == m.property {
			return d.caseValue(m)
		}
		if !d.skipValue() {
			return nil, false
		}
		if more, ok = d.next('}'); !ok {
			return nil, false
		}
	}
	return nil, ok
}

// caseValue reads the value of the discriminator.
func (d *decoder) caseValue(m *Message) (c *field, ok bool) {
	if d.pos >= len(d.in) {
		return nil, d.fail(d.pos, "the document ends too early")
	}
	if d.in[d.pos] != '"' {
		return nil, true
	}
	value, ok := d.scanString()
	if !ok {
		return nil, false
	}
	i, known := m.cases.find(value)
	if !known {
		return nil, true
	}
	return &m.fields[i], true
}

// unknownCase keeps all members of an object whose case the union does not have.
func (d *decoder) unknownCase(m *Message) bool {
	return d.rawMembers(func(name, raw []byte) bool {
		if !d.unrecognized(m, name, raw) {
			d.err.within(string(name))
			return false
		}
		return true
	})
}
