package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestBadInput shows that what protosync does not understand gets one line with
// the place, and that proto/ stays as it is.
func TestBadInput(t *testing.T) {
	get := func(members string) string {
		return `{"openapi": "3.0.3", "paths": {"/a/{id}": {"get": {"operationId": "getA", "x-portone-category": "a",
"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
"responses": {"200": {"description": "ok"}}, "x-portone-error": {"$ref": "#/components/schemas/GetAError"}` + members + `}}},
"components": {"schemas": {"GetAError": {"oneOf": [], "discriminator": {"propertyName": "type", "mapping": {}}}}}}`
	}
	schema := func(text string) string {
		return `{"openapi": "3.0.3", "paths": {}, "components": {"schemas": {
"A": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}, "X": ` + text + `}}}`
	}
	tests := []struct {
		name, document string
		want           string
	}{
		{"nothing", ``, "openapi.json: the file is empty"},
		{"no JSON", `{"openapi": `, "openapi.json: not a JSON document"},
		{"half a document", `{"openapi": "3.0.3", "paths": {`, "openapi.json: not a JSON document"},
		{"a list", `[1]`, "openapi.json:1:1: document: is no OpenAPI 3 document"},
		{"text", `hello`, "openapi.json:1:1: document: is no OpenAPI 3 document"},
		{"OpenAPI 2", `{"swagger": "2.0", "paths": {}}`, "is no OpenAPI 3 document"},
		{"no schemas", `{"openapi": "3.0.3", "paths": {}}`, "has no components.schemas"},
		{"no paths", `{"openapi": "3.0.3", "components": {"schemas": {}}}`, "has no paths"},
		{"a member twice", schema(`{"type": "object", "type": "string"}`), `openapi.json:2:116: components.schemas.X: member "type" stands twice`},
		{"allOf", schema(`{"allOf": []}`), `components.schemas.X: "allOf" is a construct that protosync does not know`},
		{"nullable", schema(`{"type": "object", "properties": {"a": {"type": "string", "nullable": true}}}`), `components.schemas.X.properties.a: "nullable" is a construct`},
		{"a number", schema(`{"type": "object", "properties": {"a": {"type": "number"}}}`), `components.schemas.X.properties.a: type "number" with format ""`},
		{"an unknown format", schema(`{"type": "object", "properties": {"a": {"type": "string", "format": "byte"}}}`), `type "string" with format "byte"`},
		{"an inline object", schema(`{"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}`), `X.properties.a: "properties" is a construct`},
		{"an inline enum", schema(`{"type": "object", "properties": {"a": {"type": "string", "enum": ["A"]}}}`), `X.properties.a: "enum" is a construct`},
		{"a list of lists", schema(`{"type": "object", "properties": {"a": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}}}}`), "a list of lists"},
		{"a list of maps", schema(`{"type": "object", "properties": {"a": {"type": "array", "items": {"$ref": "#/components/schemas/M"}}}}, "M": {"type": "object", "additionalProperties": {"type": "string"}}`), "a list of maps"},
		{"a list without items", schema(`{"type": "object", "properties": {"a": {"type": "array"}}}`), "X.properties.a.items"},
		{"a $ref to nowhere", schema(`{"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Gone"}}}`), "components.schemas.X.properties.a: $ref to Gone, which does not exist"},
		{"a $ref elsewhere", schema(`{"type": "object", "properties": {"a": {"$ref": "other.json#/A"}}}`), `$ref "other.json#/A" does not lead to a schema of this document`},
		{"a required member that is not there", schema(`{"type": "object", "required": ["b"], "properties": {}}`), `requires "b"`},
		{"an enum of numbers", schema(`{"type": "string", "enum": [1]}`), "components.schemas.X.enum[0]: must be a string"},
		{"an enum value in lower case", schema(`{"type": "string", "enum": ["a-b"]}`), `enum value "a-b" is not UPPER_SNAKE`},
		{"an enum value twice", schema(`{"type": "string", "enum": ["A", "A"]}`), `enum value "A" stands twice`},
		{"a union without discriminator", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}]}`), "a union without a discriminator"},
		{"a union without mapping", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type"}}`), "a discriminator without a mapping"},
		{"a mapping that is too short", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {}}}`), "has 0 values for the 1 schemas"},
		{"a mapping to another schema", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {"B": "#/components/schemas/B"}}}`), `"B" maps to B, which is not in oneOf`},
		{"a case under two values", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {"A": "#/components/schemas/A", "B": "#/components/schemas/A"}}}`), "A stands under two discriminator values"},
		{"a case that is two things", schema(`{"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {"A": "#/components/schemas/A"}}},
"Y": {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {"B": "#/components/schemas/A"}}}`), "schema A is the case type=A of one union and type=B of Y"},
		{"a union in a union", schema(`{"oneOf": [{"$ref": "#/components/schemas/Y"}], "discriminator": {"propertyName": "type", "mapping": {"Y": "#/components/schemas/Y"}}},
"Y": {"oneOf": [{"$ref": "#/components/schemas/A"}], "discriminator": {"propertyName": "type", "mapping": {"A": "#/components/schemas/A"}}}`), "$ref to Y, a kind of schema that cannot stand here"},
		{"properties and additionalProperties", schema(`{"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}`), `"properties" is a construct`},
		{"a status that is none", schema(`{"type": "object", "x-portone-status-code": "many"}`), "must be an HTTP status"},

		{"an unknown HTTP method", `{"openapi": "3.0.3", "components": {"schemas": {}}, "paths": {"/a": {"trace": {}}}}`, `paths./a: "trace" is a construct`},
		{"an unknown member of an operation", get(`, "callbacks": {}`), `"callbacks" is a construct`},
		{"a parameter that the path lacks", get(`, "tags": []`) + ``, ""},
		{"no category", strings.Replace(get(``), `"x-portone-category": "a",`, ``, 1), "operation getA (GET /a/{id}) has no category"},
		{"no errors", strings.Replace(get(``), `, "x-portone-error": {"$ref": "#/components/schemas/GetAError"}`, ``, 1), "has no x-portone-error"},
		{"a header parameter", strings.Replace(get(``), `"in": "path"`, `"in": "header"`, 1), `parameters in "header" are not known`},
		{"a path parameter that the path lacks", strings.Replace(get(``), `"name": "id"`, `"name": "ip"`, 1), "path parameter ip is not in the path /a/{id}"},
		{"a path with a parameter too many", strings.Replace(get(``), `/a/{id}`, `/a/{id}/{no}`, 1), "the path has {no}, but there is no such parameter"},
		{"a path with a wildcard", strings.Replace(get(``), `/a/{id}`, `/a*/{id}`, 1), `path segment "a*"`},
		{"a list parameter", strings.Replace(get(``), `"schema": {"type": "string"}`, `"schema": {"type": "array", "items": {"type": "string"}}`, 1), "a parameter must be a single value"},
		{"an operationId that is no name", strings.Replace(get(``), `"getA"`, `"get-a"`, 1), `operationId "get-a" is not camelCase`},
		{"XML", strings.Replace(get(``), `"description": "ok"`, `"description": "ok", "content": {"application/xml": {}}`, 1), `"application/xml" is a construct`},
		{"a redirect", strings.Replace(get(``), `"200"`, `"302"`, 1), "knows answers with 200, 4xx and 5xx only"},
		{"no answer", strings.Replace(get(``), `"200"`, `"404"`, 1), "has no answer with status 200"},
		{"an error without a status", get(``)[:strings.Index(get(``), `"oneOf"`)] + `"oneOf": [{"$ref": "#/components/schemas/E"}], "discriminator": {"propertyName": "type", "mapping": {"E": "#/components/schemas/E"}}}, "E": {"type": "object"}}}}`, "schema E is an error of getA but has no x-portone-status-code"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := syncText(t, dir, test.document)
			if test.want == "" {
				if err != nil {
					t.Fatalf("%v, in\n%s", err, test.document)
				}
				return
			}
			if err == nil {
				t.Fatalf("protosync accepted\n%s", test.document)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is not %q but %v", test.want, err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than a line: %v", err)
			}
			if files := protos(t, dir); len(files) > 0 {
				t.Errorf("protosync failed and wrote %v", slices.Sorted(maps.Keys(files)))
			}
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct{ name, lowerSnake, upperSnake string }{
		{"storeId", "store_id", "STORE_ID"},
		{"nPayUid", "n_pay_uid", "N_PAY_UID"},
		{"addressLine1", "address_line1", "ADDRESS_LINE1"},
		{"B2bTaxInvoiceStatus", "b2b_tax_invoice_status", "B2B_TAX_INVOICE_STATUS"},
		{"PortOneVersion", "port_one_version", "PORT_ONE_VERSION"},
		{"PGCompany", "pg_company", "PG_COMPANY"},
		{"id", "id", "ID"},
	}
	for _, test := range tests {
		if got := lowerSnake(test.name); got != test.lowerSnake {
			t.Errorf("lowerSnake(%q) = %q, want %q", test.name, got, test.lowerSnake)
		}
		if got := upperSnake(test.name); got != test.upperSnake {
			t.Errorf("upperSnake(%q) = %q, want %q", test.name, got, test.upperSnake)
		}
		if got := pascal(jsonName(test.lowerSnake)); !strings.EqualFold(got, test.name) {
			t.Errorf("%q comes back from %q as %q", test.name, test.lowerSnake, got)
		}
	}
	for value, want := range map[string]string{"PARTIAL_CANCELLED": "partial_cancelled", "PaymentMethodCard": "payment_method_card"} {
		if got := caseField(value); got != want {
			t.Errorf("caseField(%q) = %q, want %q", value, got, want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		exit int
		want string
	}{
		"no document":     {nil, 2, "protosync: usage:"},
		"too many words":  {[]string{"-openapi", "a", "b"}, 2, "protosync: usage:"},
		"an unknown flag": {[]string{"-o", "a"}, 2, "flag provided but not defined: -o"},
		"no such file":    {[]string{"-openapi", "testdata/none.json"}, 1, "protosync: open testdata/none.json"},
		"not in step":     {[]string{"-openapi", "testdata/shop.json", "-proto", t.TempDir(), "-check"}, 1, "is not in step with testdata/shop.json"},
		"in step":         {[]string{"-openapi", "testdata/shop.json", "-proto", "testdata/shop", "-check"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs strings.Builder
			if exit := run(test.args, &out, &errs); exit != test.exit {
				t.Errorf("exit status %d, want %d: %s", exit, test.exit, errs.String())
			}
			if !strings.Contains(errs.String(), test.want) {
				t.Errorf("said %q, want %q", errs.String(), test.want)
			}
		})
	}
}
