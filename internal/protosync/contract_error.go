package main

import (
	"fmt"
	"slices"
	"strings"
)

// newReasons collects the error types of all operations, sorted by type.
//
// Where operations use one type for two schemas, the schema that more operations
// mean is the type's, and Operation.error_schemas names the other. Both must be
// alike in what callers can see: the HTTP status, and no data of their own.
func (b *builder) newReasons() error {
	meant := make(map[string]map[string]int) // type -> schema -> operations
	for _, op := range b.doc.Operations {
		for _, c := range b.doc.Schemas[op.Errors].Cases {
			if b.doc.Schemas[c.Schema].HTTPStatus == 0 {
				return fmt.Errorf("schema %s is an error of %s but has no x-portone-status-code", c.Schema, op.ID)
			}
			if meant[c.Value] == nil {
				meant[c.Value] = make(map[string]int)
			}
			meant[c.Value][c.Schema]++
			b.errors[c.Schema] = c.Value
		}
	}
	for typ, schemas := range meant {
		var names []string
		for name := range schemas {
			names = append(names, name)
		}
		slices.SortFunc(names, func(x, y string) int {
			if d := schemas[y] - schemas[x]; d != 0 {
				return d
			}
			return strings.Compare(x, y)
		})
		reason := &Reason{Type: typ, Schema: names[0], HTTPStatus: b.doc.Schemas[names[0]].HTTPStatus}
		if len(b.errorData(names[0])) > 0 {
			reason.Data = fullName(names[0])
		}
		for _, other := range names[1:] {
			if b.doc.Schemas[other].HTTPStatus != reason.HTTPStatus || reason.Data != "" || len(b.errorData(other)) > 0 {
				return fmt.Errorf("error type %s means %s and %s, which differ in more than their name", typ, names[0], other)
			}
		}
		b.contract.Reasons = append(b.contract.Reasons, reason)
	}
	for _, r := range undocumentedErrors {
		if meant[r.Type] == nil {
			b.contract.Reasons = append(b.contract.Reasons, &r)
		}
	}
	slices.SortFunc(b.contract.Reasons, func(x, y *Reason) int { return strings.Compare(x.Type, y.Type) })
	return nil
}

// errorData returns the members of an error that are data of its own.
func (b *builder) errorData(schema string) []*Member {
	var data []*Member
	for _, m := range b.doc.Schemas[schema].Members {
		if isErrorData(m) {
			data = append(data, m)
		}
	}
	return data
}

// isErrorData reports whether a member of an error is data of its own: not its
// type and message, which PortOneError has a place for. A type that is declared
// as an enum is data as well (see irregular.go).
func isErrorData(m *Member) bool {
	switch m.Name {
	case "type":
		return m.Type.Kind == Ref
	case "message":
		return false
	}
	return true
}

// dataField is the name of the case of PortOneError that holds an error's data:
// pg_provider for PgProviderError.
func dataField(schema string) string {
	return lowerSnake(strings.TrimSuffix(schema, "Error"))
}
