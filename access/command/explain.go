package command

import (
	"encoding/json"
	"fmt"
	"io"
)

// explainCommand decides about one call.
type explainCommand struct {
	Caller  string `name:"caller" required:"" placeholder:"NAME" help:"Who calls."`
	RPC     string `name:"rpc" required:"" placeholder:"RPC" help:"What is called, such as PaymentService/CancelPayment."`
	Request string `name:"request" placeholder:"JSON" help:"With what: PortOne's JSON, with path and query parameters as members."`
	Claims  string `name:"claims" placeholder:"JSON" help:"Claims of the caller's token."`
	File    string `arg:"" name:"file" help:"The policy."`
}

func (c *explainCommand) run(stdout io.Writer) error {
	p, err := load(c.File)
	if err != nil {
		return err
	}
	a := attempt{caller: c.Caller, rpc: c.RPC}
	if c.Request != "" {
		a.request = []byte(c.Request)
	}
	if c.Claims != "" {
		if err := json.Unmarshal([]byte(c.Claims), &a.claims); err != nil {
			return &Failure{statusBad, "--claims: must be a JSON object: " + err.Error()}
		}
		a.claims = simpleClaims(a.claims)
	}
	decision, err := a.try(p)
	if err != nil {
		return &Failure{statusBad, err.Error()}
	}
	if _, err := fmt.Fprintln(stdout, describe(decision)); err != nil {
		return err
	}
	if decision.Cause != "" {
		return &Failure{status: statusFailed}
	}
	return nil
}

// simpleClaims are claims as conditions see them: whole numbers are integers, and lists
// are of texts.
func simpleClaims(claims map[string]any) map[string]any {
	for name, value := range claims {
		switch v := value.(type) {
		case float64:
			claims[name] = int64(v)
		case int:
			claims[name] = int64(v)
		case []any:
			var texts []string
			for _, element := range v {
				texts = append(texts, fmt.Sprint(element))
			}
			claims[name] = texts
		}
	}
	return claims
}
