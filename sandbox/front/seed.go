package front

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/portone-gateway/portone-gateway/sandbox/world"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// demoRequest is a request that makes something of the demo.
type demoRequest struct {
	operation string

	// request is the JSON of the request message, parameters and body side by
	// side, as a text/template: {{after "24h"}} is a date-time on the sandbox's
	// clock, {{today}} the date in Korea, {{kept "name"}} what was kept of an
	// earlier answer, and {{piece "name"}} one of the pieces.
	request string

	// keep names members of the answer for later requests, by their paths.
	keep map[string]string

	// refused is the type of error that the request has to meet; empty for success.
	refused string
}

// seeder makes the demo's objects in a world that is not served yet.
type seeder struct {
	s     *Server
	st    *state
	known map[string]string
}

// populate makes the demo's objects. Everything must succeed: the demo is fixed, and
// so a failure is a mistake in it.
func (s *Server) populate(st *state, requests []demoRequest) error {
	seeder := &seeder{s: s, st: st, known: make(map[string]string)}
	for i, w := range requests {
		if err := seeder.send(w); err != nil {
			return fmt.Errorf("sandbox: request %d of the demo, %s: %w", i+1, w.operation, err)
		}
	}
	return nil
}

// send makes a request as if it had come by HTTP.
func (d *seeder) send(w demoRequest) error {
	op := d.s.catalog.byID[w.operation]
	if op == nil {
		return errors.New("there is no such operation")
	}
	text, err := d.text(w.request)
	if err != nil {
		return err
	}
	wire, err := op.call.Input.AppendWire(nil, text, transcode.Strict)
	if err != nil {
		return err
	}
	a := d.s.perform(d.st, op.readWire(wire))
	if w.refused != "" && bytes.HasPrefix(a.body, []byte(`{"type":`+quoted(w.refused))) {
		return nil
	}
	if a.status != http.StatusOK || w.refused != "" {
		return fmt.Errorf("status %d: %s", a.status, a.body)
	}
	return d.remember(w.keep, a.body)
}

// text carries out the template of a request.
func (d *seeder) text(request string) ([]byte, error) {
	t, err := template.New("request").Funcs(template.FuncMap{
		"after": d.after,
		"today": d.today,
		"kept":  d.kept,
		"piece": func(name string) string { return pieces[name] },
	}).Parse(request)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, nil)
	return text.Bytes(), err
}

func (d *seeder) after(duration string) (string, error) {
	after, err := time.ParseDuration(duration)
	return d.s.timeOf(d.st).Add(after).Format(time.RFC3339), err
}

func (d *seeder) today() string { return d.s.timeOf(d.st).In(world.Korea).Format(time.DateOnly) }

func (d *seeder) kept(name string) (string, error) {
	value, found := d.known[name]
	if !found {
		return "", fmt.Errorf("no earlier answer was kept as %s", name)
	}
	return value, nil
}

// element is an element of a list by its number; nil if there is none.
func element(list []any, number string) any {
	if i, err := strconv.Atoi(number); err == nil && i >= 0 && i < len(list) {
		return list[i]
	}
	return nil
}

// remember takes texts out of an answer.
func (d *seeder) remember(keep map[string]string, body []byte) error {
	for name, path := range keep {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			return err
		}
		for member := range strings.SplitSeq(path, ".") {
			switch v := value.(type) {
			case map[string]any:
				value = v[member]
			case []any:
				value = element(v, member)
			default:
				value = nil
			}
		}
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("the answer has no text at %s", path)
		}
		d.known[name] = text
	}
	return nil
}
