package condition

import (
	"errors"
	"reflect"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/portone-gateway/portone-gateway/access/view"
)

var errOpaque = errors.New("a message can only be asked for its fields")

// object is a message in CEL: of it, fields can be read, and nothing else.
type object struct{ value *view.Object }

// ConvertToNative implements ref.Val.
func (o object) ConvertToNative(reflect.Type) (any, error) { return nil, errOpaque }

// ConvertToType implements ref.Val.
func (o object) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errOpaque) }

// Equal implements ref.Val.
func (o object) Equal(ref.Val) ref.Val { return types.WrapErr(errOpaque) }

// Type implements ref.Val.
func (o object) Type() ref.Type {
	if o.value == nil {
		return cel.ObjectType("absent")
	}
	return cel.ObjectType(o.value.Type.Name)
}

// Value implements ref.Val.
func (o object) Value() any { return o.value }

const callerType = "caller"

// caller is the caller in CEL.
type caller struct{ input *Input }

// ConvertToNative implements ref.Val.
func (c caller) ConvertToNative(reflect.Type) (any, error) { return nil, errOpaque }

// ConvertToType implements ref.Val.
func (c caller) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errOpaque) }

// Equal implements ref.Val.
func (c caller) Equal(ref.Val) ref.Val { return types.WrapErr(errOpaque) }

// Type implements ref.Val.
func (c caller) Type() ref.Type { return cel.ObjectType(callerType) }

// Value implements ref.Val.
func (c caller) Value() any { return c.input }
