package front

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// snapshots are PortOne's own documents, which are not part of this repository:
// files that PORTONE_OPENAPI names, in the order of their age, separated as in
// PATH, or a folder with *.openapi.json. None if it names none.
type snapshots []*snapshot

// snapshot is the part of a document that tells what an answer must look like.
type snapshot struct {
	Paths map[string]map[string]struct {
		OperationID string
		Security    []any
		Responses   map[string]struct {
			Content map[string]struct{ Schema *schema }
		}
	}
	Components struct{ Schemas map[string]*schema }
}

type schema struct {
	Ref           string `json:"$ref"`
	Type, Format  string
	Required      []string
	Properties    map[string]*schema
	Additional    *schema `json:"additionalProperties"`
	Items         *schema
	Enum          []string
	OneOf         []*schema
	Discriminator struct {
		PropertyName string
		Mapping      map[string]string
	}
}

func readSnapshots(t *testing.T) snapshots {
	t.Helper()
	paths := filepath.SplitList(os.Getenv("PORTONE_OPENAPI"))
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			paths, _ = filepath.Glob(filepath.Join(paths[0], "*.openapi.json"))
		}
	}
	all := make(snapshots, len(paths))
	for i, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &all[i])
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	slices.Reverse(all)
	return all
}

// judge reports whether an answer of an operation is valid by the newest document
// that has the operation.
func (all snapshots) judge(operation string, status int, body []byte) error {
	for _, doc := range all {
		for _, methods := range doc.Paths {
			for _, op := range methods {
				if op.OperationID != operation {
					continue
				}
				response, found := op.Responses[strconv.Itoa(status)]
				if !found {
					return fmt.Errorf("the operation has no answer with status %d", status)
				}
				return doc.judge(response.Content["application/json"].Schema, response.Content["text/csv"].Schema != nil, body)
			}
		}
	}
	return nil
}

func (doc *snapshot) judge(s *schema, file bool, body []byte) error {
	switch {
	case file:
		return nil
	case s == nil && len(body) > 0:
		return fmt.Errorf("the answer should have no body")
	case s == nil:
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return doc.value(s, value, "", "")
}

// value checks a value. Constant is the value of the discriminator that led here.
func (doc *snapshot) value(s *schema, value any, path, constant string) error {
	if s.Ref != "" {
		return doc.value(doc.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")], value, path, constant)
	}
	switch v := value.(type) {
	case map[string]any:
		return doc.object(s, v, path, constant)
	case []any:
		if s.Type != "array" {
			return fmt.Errorf("%s is a list", path)
		}
		for i, element := range v {
			if err := doc.value(s.Items, element, fmt.Sprintf("%s[%d]", path, i), ""); err != nil {
				return err
			}
		}
		return nil
	default:
		return s.scalar(v, path, constant)
	}
}

func (s *schema) scalar(value any, path, constant string) error {
	ok := false
	switch v := value.(type) {
	case string:
		// One error's discriminator is declared as an enum that it is not in.
		ok = s.Type == "string" && (len(s.Enum) == 0 || v == constant || slices.Contains(s.Enum, v))
	case float64:
		ok = s.Type == "integer" && v == math.Trunc(v) && (s.Format != "int32" || v >= math.MinInt32 && v <= math.MaxInt32)
	case bool:
		ok = s.Type == "boolean"
	}
	if !ok {
		return fmt.Errorf("%s is %v, which is no %s %v", path, value, s.Type, s.Enum)
	}
	return nil
}

func (doc *snapshot) object(s *schema, members map[string]any, path, constant string) error {
	if s.OneOf != nil {
		value, _ := members[s.Discriminator.PropertyName].(string)
		ref, found := s.Discriminator.Mapping[value]
		if !found {
			return fmt.Errorf("%s.%s is %q, which is no case", path, s.Discriminator.PropertyName, value)
		}
		return doc.value(&schema{Ref: ref}, members, path, value)
	}
	if s.Type != "object" {
		return fmt.Errorf("%s is an object", path)
	}
	for _, name := range s.Required {
		if _, found := members[name]; !found {
			return fmt.Errorf("%s.%s is missing", path, name)
		}
	}
	for name, value := range members {
		of := s.Properties[name]
		if of == nil {
			of = s.Additional
		}
		switch {
		case of != nil:
			if err := doc.value(of, value, path+"."+name, constant); err != nil {
				return err
			}
		case len(s.Properties) > 0:
			return fmt.Errorf("%s.%s is not in the document", path, name)
		}
	}
	return nil
}

// TestOpenOperations holds the list of operations without authentication, and of
// those that answer with nothing, against PortOne's document.
func TestOpenOperations(t *testing.T) {
	all := readSnapshots(t)
	if len(all) == 0 {
		t.Skip("skipped: PORTONE_OPENAPI does not name PortOne's OpenAPI documents")
	}
	for _, methods := range all[0].Paths {
		for _, op := range methods {
			if got := len(op.Security) == 0; got != open[op.OperationID] {
				t.Errorf("%s: open by the document: %v", op.OperationID, got)
			}
			if got := len(op.Responses["200"].Content) == 0; got != silent[op.OperationID] {
				t.Errorf("%s: silent by the document: %v", op.OperationID, got)
			}
		}
	}
}
