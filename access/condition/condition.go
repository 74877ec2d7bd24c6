package condition

import (
	"fmt"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/portone-gateway/portone-gateway/access/view"
	"github.com/portone-gateway/portone-gateway/contract"
)

const (
	// maxExpression is how long an expression may be, in characters.
	maxExpression = 2000

	// cheap is the cost in CEL's units up to which an expression is run without
	// counting. A comparison costs 2 to 3; counting doubles the time.
	cheap = 1_000_000

	// maxCost is what an evaluation may cost where that depends on the request.
	maxCost = 100_000
)

// Input is what a condition is about.
type Input struct {
	// Request is what the condition's plan read.
	Request *view.Object

	// Store is the name of the store in the policy; empty where there is none, and an
	// expression that asks for it does not hold.
	Store string

	// Caller is the caller's name.
	Caller string

	// Claims are those of the caller's token that conditions may read: string, bool,
	// int64, or []string.
	Claims map[string]any
}

func (in *Input) claims() ref.Val {
	return types.NewStringInterfaceMap(types.DefaultTypeAdapter, in.Claims)
}

// ResolveName implements interpreter.Activation.
func (in *Input) ResolveName(name string) (any, bool) {
	switch name {
	case "request":
		return in.Request, true
	case "caller":
		return in, true
	case "store":
		return types.String(in.Store), in.Store != ""
	}
	return nil, false
}

// Parent implements interpreter.Activation.
func (in *Input) Parent() cel.Activation { return nil }

// Condition is an expression for one RPC. It never changes, and is safe for concurrent
// use.
type Condition struct {
	// Selection has the fields that the condition reads; a plan must read them.
	Selection view.Selection

	// Bounds has the numbers that the condition compares with others, and on which
	// sides.
	Bounds map[*view.Field]Bound

	// UsesStore reports whether the condition asks for the store.
	UsesStore bool

	program cel.Program
}

// Bound says on which sides a condition bounds a number.
type Bound struct{ Upper, Lower bool }

// Holds reports whether the condition is true. An error, as of asking for what the
// request does not have, makes it not hold; it is for the audit and for explanations,
// and has no values of the request.
func (c *Condition) Holds(in *Input) (bool, error) {
	out, _, err := c.program.Eval(in)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// Error is a mistake in an expression.
type Error struct {
	// Line counts from 1 and Column, in characters, from 0, in the expression.
	Line, Column int

	// Problem is what is wrong.
	Problem string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column+1, e.Problem) }

// Compiler compiles conditions. It is safe for concurrent use.
type Compiler struct {
	types *view.Types

	mu       sync.Mutex
	provider *provider
	base     *cel.Env
	envs     map[string]*cel.Env // by the request's message
	parsed   map[string]*cel.Ast // by the expression: that is most of the work
	done     map[key]*result
}

type key struct{ expression, method string }

type result struct {
	condition *Condition
	err       error
}

// NewCompiler returns a compiler for the messages of types.
func NewCompiler(messages *view.Types) (*Compiler, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	base, err := cel.NewCustomEnv(
		cel.StdLib(),
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro, cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro),
		cel.CustomTypeProvider(p),
		cel.CustomTypeAdapter(p),
		cel.Variable("caller", cel.ObjectType(callerType)),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ASTValidators(cel.ValidateRegexLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateDurationLiterals(),
			cel.ValidateComprehensionNestingLimit(2)),
	)
	if err != nil {
		return nil, err
	}
	return &Compiler{types: messages, provider: p, base: base, envs: make(map[string]*cel.Env),
		parsed: make(map[string]*cel.Ast), done: make(map[key]*result)}, nil
}

// Compile compiles an expression for an RPC. Store says that the RPC's request names
// one. The error is of type *Error.
func (c *Compiler) Compile(expression string, method *contract.Method, store bool) (*Condition, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := key{expression, method.FullName}
	if done := c.done[k]; done != nil {
		return done.condition, done.err
	}
	condition, err := c.compile(expression, method, store)
	c.done[k] = &result{condition, err}
	return condition, err
}

func (c *Compiler) compile(expression string, method *contract.Method, store bool) (*Condition, error) {
	env, err := c.env(method, store)
	if err != nil {
		return nil, &Error{Line: 1, Problem: err.Error()}
	}
	parsed := c.parsed[expression]
	if parsed == nil {
		var issues *cel.Issues
		if parsed, issues = c.base.Parse(expression); issues.Err() != nil {
			return nil, firstOf(issues)
		}
		c.parsed[expression] = parsed
	}
	ast, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, firstOf(issues)
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, &Error{Line: 1, Problem: fmt.Sprintf("is of type %s, and must be true or false", ast.OutputType())}
	}
	survey := newSurvey(c.provider, ast.NativeRep())
	if err := survey.expression(); err != nil {
		return nil, err
	}
	var options []cel.ProgramOption
	if estimate, err := env.EstimateCost(ast, sizes{}); err != nil || estimate.Max > cheap {
		options = append(options, cel.CostLimit(maxCost))
	}
	program, err := env.Program(ast, options...)
	if err != nil {
		return nil, &Error{Line: 1, Problem: err.Error()}
	}
	return &Condition{Selection: survey.selection, Bounds: survey.bounds, UsesStore: survey.usesStore, program: program}, nil
}

// firstOf is the first mistake of several.
func firstOf(issues *cel.Issues) *Error {
	first := issues.Errors()[0]
	return &Error{max(first.Location.Line(), 1), max(first.Location.Column(), 0), first.Message}
}

// env is the environment of an RPC's conditions.
func (c *Compiler) env(method *contract.Method, store bool) (*cel.Env, error) {
	message := c.types.Of(method.Descriptor.Input())
	if env := c.envs[message.Name]; env != nil {
		return env, nil
	}
	c.provider.add(message)
	options := []cel.EnvOption{cel.Variable("request", cel.ObjectType(message.Name))}
	if store {
		options = append(options, cel.Variable("store", cel.StringType))
	}
	env, err := c.base.Extend(options...)
	if err != nil {
		return nil, err
	}
	c.envs[message.Name] = env
	return env, nil
}
