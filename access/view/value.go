package view

import "time"

// Value is a value that was read. Which member counts follows from the field.
type Value struct {
	Text   string // String, Enum
	Int    int64
	Bool   bool
	Time   time.Time // Timestamp
	Object *Object   // Message

	List []Value          // of a list
	Map  map[string]Value // of a map
}

// Object is what was read of a message. It never changes.
type Object struct {
	// Type is the message's type.
	Type *Type

	members []member
}

type member struct {
	index int
	value Value
}

// Get returns the value of a field of the object's type that the plan reads, and
// whether the request has it. Of a nil object all fields are absent.
func (o *Object) Get(f *Field) (Value, bool) {
	if o == nil {
		return Value{}, false
	}
	for i := range o.members {
		if o.members[i].index == f.index {
			return o.members[i].value, true
		}
	}
	return Value{}, false
}

// Lookup follows a path of fields from the object on.
func (o *Object) Lookup(path []*Field) (Value, bool) {
	for i, f := range path {
		value, ok := o.Get(f)
		if !ok || i == len(path)-1 {
			return value, ok
		}
		o = value.Object
	}
	return Value{}, false
}
