package main

import (
	"fmt"
	"slices"
	"strings"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// domain is an API domain, as camelCase: paymentSchedule.
type domain string

func (d domain) file() string    { return folder + lowerSnake(string(d)) + ".proto" }
func (d domain) service() string { return pascal(string(d)) + "Service" }

// domainOf tells which domain an operation belongs to.
func (b *builder) domainOf(op *Operation) (domain, error) {
	category, err := b.categoryOf(op)
	if err != nil {
		return "", err
	}
	if name, ok := domains[category]; ok {
		return domain(name), nil
	}
	parts := strings.Split(category, ".")
	last := parts[len(parts)-1]
	if len(parts) > 1 && prefixed[parts[0]] {
		return domain(parts[0] + pascal(last)), nil
	}
	return domain(last), nil
}

// categoryOf returns the category that the document gives an operation, or else
// that of the operations which share most of its path, or else the one that is
// called like the beginning of its path.
func (b *builder) categoryOf(op *Operation) (string, error) {
	if op.Category != "" {
		return op.Category, nil
	}
	if category, ok := uncategorised[op.ID]; ok {
		return category, nil
	}
	most, found := 1, map[string]bool{}
	for _, other := range b.doc.Operations {
		shared := sharedSegments(op.Path, other.Path)
		sameBeginning := shared == 1 && op.Path != other.Path // /platform alone says nothing
		if other.Category == "" || shared < most || sameBeginning {
			continue
		}
		if shared > most {
			most, found = shared, map[string]bool{}
		}
		found[other.Category] = true
	}
	if len(found) == 1 {
		for category := range found {
			return category, nil
		}
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(op.Path, "/"), "/")
	if slices.Contains(b.doc.Categories, first) {
		return first, nil
	}
	return "", fmt.Errorf("operation %s (%s %s) has no category, and its path does not tell one: add it to uncategorised in internal/protosync/irregular.go",
		op.ID, op.Method, op.Path)
}

// sharedSegments counts the segments that two paths have in common from the
// beginning.
func sharedSegments(a, b string) int {
	as := strings.Split(strings.TrimPrefix(a, "/"), "/")
	bs := strings.Split(strings.TrimPrefix(b, "/"), "/")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n
}

// method makes the RPC of an operation, with its request and, where the answer
// has no schema, its response.
func (b *builder) method(op *Operation) {
	domain, _ := b.domainOf(op) // findUsers has checked it
	rpc := pascal(op.ID)
	source := fmt.Sprintf("operation %s (%s %s)", op.ID, op.Method, op.Path)
	request := &Message{Name: rpc + "Request", File: domain.file(), Source: source}
	for _, place := range []Place{InPath, InQuery} {
		for _, p := range op.Parameters {
			if p.Place == place {
				f := b.field(p)
				f.Required = f.Required || place == InPath
				request.Fields = append(request.Fields, f)
			}
		}
	}
	if op.Body.Schema != "" {
		for _, m := range b.doc.Schemas[op.Body.Schema].Members {
			request.Fields = append(request.Fields, b.field(m))
		}
	}
	b.contract.Messages = append(b.contract.Messages, request)

	m := &Method{
		Name: rpc, Request: fullName(request.Name), CSV: op.Answer.CSV,
		HTTPMethod: op.Method, HTTPPath: templatePath(op.Path),
		Operation: b.annotation(op), Deprecated: op.Deprecated,
	}
	switch {
	case op.Answer.CSV:
		m.Response = httpBodyName
	case op.Answer.Schema != "":
		m.Response = fullName(op.Answer.Schema)
	default:
		m.Response = fullName(rpc + "Response")
		b.contract.Messages = append(b.contract.Messages, &Message{Name: rpc + "Response", File: domain.file(), Source: source})
	}
	b.service(domain).Methods = append(b.service(domain).Methods, m)
}

func (b *builder) service(d domain) *Service {
	for _, s := range b.contract.Services {
		if s.Name == d.service() {
			return s
		}
	}
	s := &Service{Name: d.service(), File: d.file()}
	b.contract.Services = append(b.contract.Services, s)
	return s
}

// templatePath writes a path with the names of fields: /payments/{payment_id}.
func templatePath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "{" + lowerSnake(strings.Trim(s, "{}")) + "}"
		}
	}
	return strings.Join(segments, "/")
}

// annotation makes the RPC's portone.v2.operation option.
func (b *builder) annotation(op *Operation) *portonev2.Operation {
	a := &portonev2.Operation{Id: op.ID, BodyRequired: op.Body.Required, Unstable: op.Unstable}
	switch {
	case op.Body.InBody && op.Body.InQuery:
		a.Body = portonev2.BodyForm_BODY_FORM_QUERY_OR_BODY
	case op.Body.InQuery:
		a.Body = portonev2.BodyForm_BODY_FORM_QUERY
	case op.Body.InBody:
		a.Body = portonev2.BodyForm_BODY_FORM_BODY
	}
	for _, c := range b.doc.Schemas[op.Errors].Cases {
		a.Errors = append(a.Errors, c.Value)
		for _, r := range b.contract.Reasons {
			if r.Type == c.Value && r.Schema != c.Schema {
				if a.ErrorSchemas == nil {
					a.ErrorSchemas = make(map[string]string)
				}
				a.ErrorSchemas[c.Value] = c.Schema
			}
		}
	}
	slices.Sort(a.Errors)
	return a
}
