package condition

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/portone-gateway/portone-gateway/access/view"
)

// functions are those that conditions may use: what depends on nothing else, and
// does not turn a message into something of which it is not known what is read.
var functions = map[string]bool{
	operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true, operators.Conditional: true,
	operators.Equals: true, operators.NotEquals: true, operators.Less: true, operators.LessEquals: true,
	operators.Greater: true, operators.GreaterEquals: true, operators.In: true, operators.Index: true,
	operators.Add: true, operators.Subtract: true, operators.Multiply: true, operators.Divide: true,
	operators.Modulo: true, operators.Negate: true, operators.NotStrictlyFalse: true,
	"size": true, "startsWith": true, "endsWith": true, "contains": true, "matches": true,
	"timestamp": true, "duration": true, "int": true, "string": true,
}

// survey looks through a checked expression: which fields it reads, and what no type
// checker finds.
type survey struct {
	provider  *provider
	ast       *ast.AST
	selection view.Selection
	bounds    map[*view.Field]Bound
	usesStore bool
	enums     map[string]*view.Field // variables of all() and exists() over lists of enums
	err       *Error
}

func newSurvey(p *provider, checked *ast.AST) *survey {
	return &survey{provider: p, ast: checked, selection: make(view.Selection), bounds: make(map[*view.Field]Bound), enums: make(map[string]*view.Field)}
}

func (s *survey) expression() error {
	s.walk(s.ast.Expr())
	if s.err != nil {
		return s.err
	}
	return nil
}

func (s *survey) fail(e ast.Expr, format string, args ...any) {
	if s.err == nil {
		at := s.ast.SourceInfo().GetStartLocation(e.ID())
		s.err = &Error{max(at.Line(), 1), max(at.Column(), 0), fmt.Sprintf(format, args...)}
	}
}

func (s *survey) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		s.usesStore = s.usesStore || e.AsIdent() == "store"
	case ast.SelectKind:
		if f := s.field(e); f != nil {
			s.selection[f] = true
		}
		s.walk(e.AsSelect().Operand())
	case ast.CallKind:
		s.call(e)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			s.walk(element)
		}
	case ast.ComprehensionKind:
		s.comprehension(e.AsComprehension())
	case ast.StructKind, ast.MapKind:
		s.fail(e, "a condition cannot make messages or maps")
	}
}

// field is the field of a message that an expression selects, or nil.
func (s *survey) field(e ast.Expr) *view.Field {
	if e.Kind() != ast.SelectKind {
		return nil
	}
	operand := s.ast.GetType(e.AsSelect().Operand().ID())
	if operand.Kind() != types.StructKind {
		return nil
	}
	t := s.provider.fields[operand.TypeName()]
	if t == nil {
		return nil
	}
	return t.Field(e.AsSelect().FieldName())
}

func (s *survey) call(e ast.Expr) {
	call := e.AsCall()
	name := call.FunctionName()
	if !functions[name] {
		s.fail(e, "a condition cannot use %s()", name)
		return
	}
	args := call.Args()
	if call.IsMemberFunction() {
		s.walk(call.Target())
	}
	for _, arg := range args {
		s.walk(arg)
	}
	switch name {
	case operators.Less, operators.LessEquals:
		s.bound(args[0], Bound{Upper: true})
		s.bound(args[1], Bound{Lower: true})
	case operators.Greater, operators.GreaterEquals:
		s.bound(args[0], Bound{Lower: true})
		s.bound(args[1], Bound{Upper: true})
	case operators.Equals, operators.NotEquals:
		s.noMessages(e, args)
		s.compare(args[0], args[1])
		s.compare(args[1], args[0])
	case operators.In:
		s.noMessages(e, args[:1])
		s.compare(args[0], args[1])
		if f := s.field(args[1]); f != nil && f.List && f.Kind == view.Enum {
			s.names(f, args[0])
		}
	}
}

// bound notes that an expression is bounded, if it is a number of the request.
func (s *survey) bound(e ast.Expr, b Bound) {
	if f := s.field(e); f != nil && f.Kind == view.Int {
		has := s.bounds[f]
		s.bounds[f] = Bound{has.Upper || b.Upper, has.Lower || b.Lower}
	}
}

// noMessages refuses to compare messages: what is in them is not read.
func (s *survey) noMessages(e ast.Expr, args []ast.Expr) {
	for _, arg := range args {
		if s.ast.GetType(arg.ID()).Kind() == types.StructKind {
			s.fail(e, "messages cannot be compared; compare their fields")
		}
	}
}

// compare checks the literals that an enum is compared with.
func (s *survey) compare(e, with ast.Expr) {
	f := s.field(e)
	if e.Kind() == ast.IdentKind {
		f = s.enums[e.AsIdent()]
	}
	if f == nil || f.Kind != view.Enum {
		return
	}
	if with.Kind() == ast.ListKind {
		for _, element := range with.AsList().Elements() {
			s.names(f, element)
		}
		return
	}
	s.names(f, with)
}

// names checks that a literal is one of an enum's names.
func (s *survey) names(f *view.Field, e ast.Expr) {
	if e.Kind() != ast.LiteralKind {
		return
	}
	name, ok := e.AsLiteral().(types.String)
	if !ok || f.Names[string(name)] {
		return
	}
	s.fail(e, "%s has no value %q%s", shortName(f.Enum), string(name), nearest(string(name), f.Names))
}

func shortName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

// nearest proposes the name that differs by case or a letter.
func nearest(name string, names map[string]bool) string {
	sorted := make([]string, 0, len(names))
	for other := range names {
		sorted = append(sorted, other)
	}
	slices.Sort(sorted)
	for _, other := range sorted {
		if strings.EqualFold(other, name) || strings.HasPrefix(other, strings.ToUpper(name)) {
			return fmt.Sprintf("; did you mean %q?", other)
		}
	}
	return ""
}

func (s *survey) comprehension(c ast.ComprehensionExpr) {
	s.walk(c.IterRange())
	if f := s.field(c.IterRange()); f != nil && f.List && f.Kind == view.Enum {
		outer, had := s.enums[c.IterVar()]
		s.enums[c.IterVar()] = f
		defer func() {
			delete(s.enums, c.IterVar())
			if had {
				s.enums[c.IterVar()] = outer
			}
		}()
	}
	for _, e := range []ast.Expr{c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()} {
		s.walk(e)
	}
}

// sizes says how large values can be: a request message has at most 4 MiB.
type sizes struct{}

const maxMessage = 4 << 20

// EstimateCallCost implements cost.Estimator.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// EstimateSize implements cost.Estimator.
func (sizes) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: maxMessage}
}
