package condition

import (
	"errors"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/portone-gateway/portone-gateway/access/view"
)

// errAbsent is the error of reading what the request does not have.
var errAbsent = errors.New("the request does not have it")

// provider shows CEL the messages of the contract as package view reads them.
type provider struct {
	*types.Registry
	structs map[string]map[string]*types.FieldType
	fields  map[string]*view.Type
}

// newProvider knows the type of callers; messages are added.
func newProvider() (*provider, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	p := &provider{Registry: registry, structs: make(map[string]map[string]*types.FieldType), fields: make(map[string]*view.Type)}
	p.structs[callerType] = map[string]*types.FieldType{
		"name":   {Type: cel.StringType, IsSet: always, GetFrom: func(v any) (any, error) { return types.String(v.(*Input).Caller), nil }},
		"claims": {Type: cel.MapType(cel.StringType, cel.DynType), IsSet: always, GetFrom: func(v any) (any, error) { return v.(*Input).claims(), nil }},
	}
	return p, nil
}

func always(any) bool { return true }

// add adds a message and those in it.
func (p *provider) add(t *view.Type) {
	if p.fields[t.Name] != nil {
		return
	}
	p.fields[t.Name] = t
	fields := make(map[string]*types.FieldType, len(t.Fields))
	p.structs[t.Name] = fields
	for _, f := range t.Fields {
		fields[f.Name] = p.field(f)
		if f.Of != nil {
			p.add(f.Of)
		}
	}
}

func (p *provider) field(f *view.Field) *types.FieldType {
	ft := &types.FieldType{
		Type: typeOf(f),
		IsSet: func(target any) bool {
			value, ok := target.(*view.Object).Get(f)
			return ok && (!f.List || len(value.List) > 0) && (!f.Map || len(value.Map) > 0)
		},
	}
	ft.GetFrom = func(target any) (any, error) {
		value, ok := target.(*view.Object).Get(f)
		switch {
		case ok:
			return p.value(f, value), nil
		case f.Kind == view.Message && !f.List && !f.Map:
			return object{}, nil // has(request.a.b) is false where there is no a
		}
		return nil, errAbsent
	}
	return ft
}

func typeOf(f *view.Field) *types.Type {
	var t *types.Type
	switch f.Kind {
	case view.Bool:
		t = cel.BoolType
	case view.Int:
		t = cel.IntType
	case view.Timestamp:
		t = cel.TimestampType
	case view.Message:
		t = cel.ObjectType(f.Of.Name)
	default:
		t = cel.StringType
	}
	switch {
	case f.List:
		return cel.ListType(t)
	case f.Map:
		return cel.MapType(cel.StringType, t)
	}
	return t
}

// value is a value as CEL has it.
func (p *provider) value(f *view.Field, v view.Value) ref.Val {
	switch {
	case f.List:
		values := make([]ref.Val, len(v.List))
		for i := range v.List {
			values[i] = one(f, v.List[i])
		}
		return types.NewRefValList(p, values)
	case f.Map:
		values := make(map[ref.Val]ref.Val, len(v.Map))
		for key, value := range v.Map {
			values[types.String(key)] = one(f, value)
		}
		return types.NewRefValMap(p, values)
	}
	return one(f, v)
}

func one(f *view.Field, v view.Value) ref.Val {
	switch f.Kind {
	case view.Bool:
		return types.Bool(v.Bool)
	case view.Int:
		return types.Int(v.Int)
	case view.Timestamp:
		return types.Timestamp{Time: v.Time}
	case view.Message:
		return object{v.Object}
	}
	return types.String(v.Text)
}

// FindStructType implements types.Provider.
func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if p.structs[name] == nil {
		return nil, false
	}
	return types.NewTypeTypeWithParam(cel.ObjectType(name)), true
}

// FindStructFieldNames implements types.Provider.
func (p *provider) FindStructFieldNames(name string) (names []string, found bool) {
	fields, found := p.structs[name]
	for field := range fields {
		names = append(names, field)
	}
	return names, found
}

// FindStructFieldType implements types.Provider.
func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	ft, found := p.structs[name][field]
	return ft, found
}

// NativeToValue implements types.Adapter.
func (p *provider) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case ref.Val:
		return v
	case *view.Object:
		return object{v}
	case *Input:
		return caller{v}
	}
	return p.Registry.NativeToValue(value)
}
