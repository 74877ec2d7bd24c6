package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"

	"github.com/portone-gateway/portone-gateway/contract"
)

// These tests hold the contract, as callers get it in gen/, against PortOne's
// own documents, which are not part of this repository. PORTONE_OPENAPI names
// them: files in the order of their age, separated as in PATH, or a folder with
// *.openapi.json. They read the documents by themselves, not by protosync's code.

// snapshots returns the documents that PORTONE_OPENAPI names, oldest first.
func snapshots(t *testing.T) []string {
	t.Helper()
	paths := filepath.SplitList(os.Getenv("PORTONE_OPENAPI"))
	if len(paths) == 1 {
		if info, err := os.Stat(paths[0]); err == nil && info.IsDir() {
			paths, _ = filepath.Glob(filepath.Join(paths[0], "*.openapi.json"))
		}
	}
	if len(paths) == 0 {
		t.Skip("skipped: PORTONE_OPENAPI does not name PortOne's OpenAPI documents, so the contract is not held against them")
	}
	return paths
}

// openAPI is the part of a document that the tests look at.
type openAPI struct {
	Paths      map[string]map[string]openAPIOperation
	Components struct{ Schemas map[string]openAPISchema }
}

type openAPIOperation struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   openAPISchema
		Content  map[string]struct{ Schema openAPISchema }
	}
	RequestBody struct {
		Content map[string]struct{ Schema openAPISchema }
	}
	Responses map[string]struct {
		Content map[string]struct{ Schema openAPISchema }
	}
	Error    openAPISchema `json:"x-portone-error"`
	Unstable bool          `json:"x-portone-unstable"`
}

type openAPISchema struct {
	Ref                  string `json:"$ref"`
	Type, Format         string
	Properties           map[string]openAPISchema
	Required             []string
	Enum                 []string
	Items                *openAPISchema
	OneOf                []openAPISchema
	AdditionalProperties *openAPISchema
	Discriminator        struct {
		PropertyName string
		Mapping      map[string]string
	}
	StatusCode int32 `json:"x-portone-status-code"`
}

func refName(ref string) string { return ref[strings.LastIndex(ref, "/")+1:] }

func readSnapshot(t *testing.T, path string) openAPI {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document openAPI
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return document
}

// contractMethods returns the RPCs of the contract by operationId.
func contractMethods() map[string]protoreflect.MethodDescriptor {
	methods := make(map[string]protoreflect.MethodDescriptor)
	for _, file := range contractFiles() {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := service.Methods().Get(j)
				methods[operationOf(method).GetId()] = method
			}
		}
	}
	return methods
}

func isDeprecated(d protoreflect.Descriptor) bool {
	return d.Options().(interface{ GetDeprecated() bool }).GetDeprecated()
}

func operationOf(method protoreflect.MethodDescriptor) *portonev2.Operation {
	operation, _ := proto.GetExtension(method.Options(), portonev2.E_Operation).(*portonev2.Operation)
	return operation
}

func TestContractInStep(t *testing.T) {
	paths := snapshots(t)
	newest := paths[len(paths)-1]
	if err := syncProto(settings{openapi: newest, proto: "../../proto", check: true}, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestContractHasEveryOperation(t *testing.T) {
	methods := contractMethods()
	inNewest := make(map[string]bool)
	paths := snapshots(t)
	for i, path := range paths {
		document := readSnapshot(t, path)
		newest := i == len(paths)-1
		for route, operations := range document.Paths {
			for verb, operation := range operations {
				method, ok := methods[operation.OperationID]
				if !ok {
					t.Errorf("%s: no RPC for %s", path, operation.OperationID)
					continue
				}
				if newest {
					inNewest[operation.OperationID] = true
				}
				checkOperation(t, document, method, operation, strings.ToUpper(verb), route, newest)
			}
		}
	}
	for id, method := range methods {
		if isDeprecated(method) == inNewest[id] {
			t.Errorf("%s: deprecated is %v, but in the newest document: %v", id, isDeprecated(method), inNewest[id])
		}
	}
	if len(methods) < 151 {
		t.Errorf("the contract has %d operations, the documents of 2026 alone have 151", len(methods))
	}
}

func checkOperation(t *testing.T, document openAPI, method protoreflect.MethodDescriptor, operation openAPIOperation, verb, route string, newest bool) {
	id := operation.OperationID
	if want := strings.ToUpper(id[:1]) + id[1:]; string(method.Name()) != want {
		t.Errorf("%s: the RPC is called %s", id, method.Name())
	}
	gotVerb, gotRoute := httpRoute(t, method)
	if wantRoute := camelRoute(gotRoute); gotVerb != verb || wantRoute != route {
		t.Errorf("%s: the route is %s %s, want %s %s", id, gotVerb, wantRoute, verb, route)
	}
	note := operationOf(method)
	if newest && note.GetUnstable() != operation.Unstable {
		t.Errorf("%s: unstable is %v, want %v", id, note.GetUnstable(), operation.Unstable)
	}
	for typ, schema := range document.Components.Schemas[refName(operation.Error.Ref)].Discriminator.Mapping {
		if newest && !slices.Contains(note.GetErrors(), typ) {
			t.Errorf("%s: error %s is not listed", id, typ)
		}
		checkReason(t, document, note, typ, refName(schema), newest)
	}

	request := method.Input().Fields()
	for _, p := range operation.Parameters {
		for _, content := range p.Content { // requestBody
			checkMembers(t, document, method.Input(), document.Components.Schemas[refName(content.Schema.Ref)], id, newest)
		}
		if p.Content != nil {
			continue
		}
		field := request.ByJSONName(p.Name)
		if field == nil {
			t.Errorf("%s: no field for parameter %s", id, p.Name)
			continue
		}
		inQuery := proto.GetExtension(field.Options(), portonev2.E_Location) == portonev2.ParameterLocation_PARAMETER_LOCATION_QUERY
		if inQuery != (p.In == "query") {
			t.Errorf("%s: parameter %s is in the %s, the contract has in query: %v", id, p.Name, p.In, inQuery)
		}
		if field.HasPresence() != (p.In == "query") {
			t.Errorf("%s: parameter %s has presence: %v", id, p.Name, field.HasPresence())
		}
		checkType(t, document, field, p.Schema, id)
	}
	for _, content := range operation.RequestBody.Content {
		checkMembers(t, document, method.Input(), document.Components.Schemas[refName(content.Schema.Ref)], id, newest)
	}
	answer := operation.Responses["200"].Content
	switch {
	case answer == nil:
		if want := method.Name() + "Response"; method.Output().Name() != want {
			t.Errorf("%s: answers with %s, want %s", id, method.Output().Name(), want)
		}
	case method.IsStreamingServer():
		if _, csv := answer["text/csv"]; !csv || method.Output().FullName() != "google.api.HttpBody" {
			t.Errorf("%s: streams %s", id, method.Output().FullName())
		}
	default:
		if want := refName(answer["application/json"].Schema.Ref); string(method.Output().Name()) != want {
			t.Errorf("%s: answers with %s, want %s", id, method.Output().Name(), want)
		}
	}
}

func httpRoute(t *testing.T, method protoreflect.MethodDescriptor) (verb, route string) {
	t.Helper()
	rule, _ := proto.GetExtension(method.Options(), annotations.E_Http).(*annotations.HttpRule)
	switch pattern := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", pattern.Get
	case *annotations.HttpRule_Post:
		return "POST", pattern.Post
	case *annotations.HttpRule_Put:
		return "PUT", pattern.Put
	case *annotations.HttpRule_Patch:
		return "PATCH", pattern.Patch
	case *annotations.HttpRule_Delete:
		return "DELETE", pattern.Delete
	}
	t.Errorf("%s has no route", method.FullName())
	return "", ""
}

func camelRoute(route string) string {
	segments := strings.Split(route, "/")
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = jsonName(s)
		}
	}
	return strings.Join(segments, "/")
}

func checkReason(t *testing.T, document openAPI, operation *portonev2.Operation, typ, schema string, newest bool) {
	value := portonev2.ErrorReason(0).Descriptor().Values().ByName(protoreflect.Name("ERROR_REASON_" + typ))
	if value == nil {
		t.Errorf("no ErrorReason for %s", typ)
		return
	}
	note := proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
	if want := document.Components.Schemas[schema].StatusCode; note.GetType() != typ || note.GetHttpStatus() != want {
		t.Errorf("%s: the contract has type %s and status %d, want %d", typ, note.GetType(), note.GetHttpStatus(), want)
	}
	got := note.GetSchema()
	if other, ok := operation.GetErrorSchemas()[typ]; ok {
		got = other
	}
	if newest && got != schema {
		t.Errorf("%s of %s: the contract has schema %s, want %s", typ, operation.GetId(), got, schema)
	}
}

// TestContractHasEverySchema holds every schema against its message or enum.
func TestContractHasEverySchema(t *testing.T) {
	paths := snapshots(t)
	messages, enums := contractTypes()
	for i, path := range paths {
		newest := i == len(paths)-1
		document := readSnapshot(t, path)
		bodies, errorUnions := flattened(document)
		for name, schema := range document.Components.Schemas {
			message, isMessage := messages[name]
			switch {
			case errorUnions[name]: // became lists of the RPCs
			case schema.Enum != nil:
				checkEnum(t, enums[name], name, schema)
			case schema.OneOf != nil && !isMessage:
				t.Errorf("%s: no message for the union %s", path, name)
			case schema.OneOf != nil:
				checkUnion(t, document, messages, message, schema)
			case schema.AdditionalProperties != nil: // became map fields
			case schema.StatusCode != 0 && !isErrorCase(document, name, errorUnions): // a failure within an error
				checkMembers(t, document, message, schema, name, newest)
			case schema.StatusCode != 0:
				checkErrorData(t, document, message, schema, name, newest)
			case !isMessage && !bodies[name]:
				t.Errorf("%s: no message for %s", path, name)
			case isMessage && !(newest && isDeprecated(message)): // one that became only a body is gone
				checkMembers(t, document, message, schema, name, newest)
			}
		}
	}
}

// contractFiles returns the files of the contract as they are compiled in.
func contractFiles() []protoreflect.FileDescriptor {
	var files []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage(protoPackage, func(file protoreflect.FileDescriptor) bool {
		files = append(files, file)
		return true
	})
	return files
}

func isErrorCase(document openAPI, schema string, errorUnions map[string]bool) bool {
	for union := range errorUnions {
		for _, ref := range document.Components.Schemas[union].Discriminator.Mapping {
			if refName(ref) == schema {
				return true
			}
		}
	}
	return false
}

// flattened returns the schemas of bodies and the unions of errors.
func flattened(document openAPI) (bodies, errorUnions map[string]bool) {
	bodies, errorUnions = make(map[string]bool), make(map[string]bool)
	for _, operations := range document.Paths {
		for _, operation := range operations {
			errorUnions[refName(operation.Error.Ref)] = true
			for _, content := range operation.RequestBody.Content {
				bodies[refName(content.Schema.Ref)] = true
			}
			for _, p := range operation.Parameters {
				for _, content := range p.Content {
					bodies[refName(content.Schema.Ref)] = true
				}
			}
		}
	}
	return bodies, errorUnions
}

func checkEnum(t *testing.T, enum protoreflect.EnumDescriptor, name string, schema openAPISchema) {
	if enum == nil {
		t.Errorf("no enum for %s", name)
		return
	}
	prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
	for _, value := range schema.Enum {
		if enum.Values().ByName(protoreflect.Name(prefix+value)) == nil {
			t.Errorf("enum %s has no value %s", name, value)
		}
	}
}

func checkUnion(t *testing.T, document openAPI, messages map[string]protoreflect.MessageDescriptor, message protoreflect.MessageDescriptor, schema openAPISchema) {
	if got := string(message.Oneofs().Get(0).Name()); got != schema.Discriminator.PropertyName {
		t.Errorf("union %s: the oneof is called %s, want %s", message.Name(), got, schema.Discriminator.PropertyName)
	}
	for value, ref := range schema.Discriminator.Mapping {
		found := false
		for i := range message.Oneofs().Get(0).Fields().Len() {
			field := message.Oneofs().Get(0).Fields().Get(i)
			note, _ := proto.GetExtension(field.Message().Options(), portonev2.E_Discriminator).(*portonev2.Discriminator)
			if note.GetValue() == value && note.GetProperty() == schema.Discriminator.PropertyName && string(field.Message().Name()) == refName(ref) {
				found = true
			}
		}
		if !found {
			t.Errorf("union %s: no case %s with %s", message.Name(), value, refName(ref))
		}
	}
}

func checkErrorData(t *testing.T, document openAPI, message protoreflect.MessageDescriptor, schema openAPISchema, name string, newest bool) {
	data := schema
	data.Properties = make(map[string]openAPISchema)
	for member, s := range schema.Properties {
		if member != "message" && (member != "type" || s.Ref != "") {
			data.Properties[member] = s
		}
	}
	data.Required = slices.DeleteFunc(slices.Clone(schema.Required), func(s string) bool { return s == "type" })
	if len(data.Properties) == 0 {
		if message != nil && newest {
			t.Errorf("error %s has a message but no data", name)
		}
		return
	}
	if message == nil {
		t.Errorf("error %s has data but no message", name)
		return
	}
	checkMembers(t, document, message, data, name, newest)
	fields := (&portonev2.PortOneError{}).ProtoReflect().Descriptor().Oneofs().ByName("data").Fields()
	for i := range fields.Len() {
		if fields.Get(i).Message() == message {
			return
		}
	}
	t.Errorf("error %s is no case of PortOneError", name)
}

// checkMembers holds the members of an object schema against the fields of a
// message.
func checkMembers(t *testing.T, document openAPI, message protoreflect.MessageDescriptor, schema openAPISchema, where string, newest bool) {
	if message == nil {
		t.Errorf("no message for %s", where)
		return
	}
	discriminator, _ := proto.GetExtension(message.Options(), portonev2.E_Discriminator).(*portonev2.Discriminator)
	if field := message.Fields().ByNumber(contract.UnrecognizedNumber); field == nil || field.Name() != contract.UnrecognizedName || !field.IsMap() {
		t.Errorf("%s has no map unrecognized = %d", message.Name(), contract.UnrecognizedNumber)
	}
	for name, member := range schema.Properties {
		field := message.Fields().ByJSONName(name)
		if field == nil {
			if discriminator.GetProperty() != name {
				t.Errorf("%s: %s has no field for %s", where, message.Name(), name)
			}
			continue
		}
		checkType(t, document, field, member, where)
		behaviors, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
		required := slices.Contains(behaviors, annotations.FieldBehavior_REQUIRED)
		if newest && required != slices.Contains(schema.Required, name) {
			t.Errorf("%s: %s.%s is required: %v", where, message.Name(), field.Name(), required)
		}
		if !field.IsList() && !field.IsMap() && !field.HasPresence() {
			t.Errorf("%s: %s.%s has no presence", where, message.Name(), field.Name())
		}
	}
}

// checkType holds the type of a member against that of its field.
func checkType(t *testing.T, document openAPI, field protoreflect.FieldDescriptor, schema openAPISchema, where string) {
	want := schema
	if schema.Type == "array" {
		want = *schema.Items
	}
	if refd, ok := document.Components.Schemas[refName(want.Ref)]; ok && refd.AdditionalProperties != nil {
		if !field.IsMap() {
			t.Errorf("%s: %s is no map", where, field.FullName())
			return
		}
		field, want = field.MapValue(), *refd.AdditionalProperties
	} else if field.IsList() != (schema.Type == "array") || field.IsMap() {
		t.Errorf("%s: %s is a list: %v", where, field.FullName(), field.IsList())
	}
	kind, name := wantedKind(document, want)
	got := ""
	switch {
	case field.Message() != nil:
		got = string(field.Message().Name())
	case field.Enum() != nil:
		got = string(field.Enum().Name())
	}
	retyped := got == "BillingKeyPaymentScheduleInput" && name == "BillingKeyPaymentInput" // see the sync of 2026-07
	if field.Kind() != kind || got != name && !retyped {
		t.Errorf("%s: %s is %s %s, want %s %s", where, field.FullName(), field.Kind(), got, kind, name)
	}
	freeForm, _ := proto.GetExtension(field.Options(), portonev2.E_JsonText).(bool)
	if freeForm != (want.Ref == "" && want.Type == "object") {
		t.Errorf("%s: %s is JSON text: %v", where, field.FullName(), freeForm)
	}
}

func wantedKind(document openAPI, schema openAPISchema) (protoreflect.Kind, string) {
	if schema.Ref != "" {
		name := refName(schema.Ref)
		if document.Components.Schemas[name].Enum != nil {
			return protoreflect.EnumKind, name
		}
		return protoreflect.MessageKind, name
	}
	switch schema.Type + " " + schema.Format {
	case "string date-time":
		return protoreflect.MessageKind, "Timestamp"
	case "integer int32":
		return protoreflect.Int32Kind, ""
	case "integer int64":
		return protoreflect.Int64Kind, ""
	case "boolean ":
		return protoreflect.BoolKind, ""
	}
	return protoreflect.StringKind, ""
}

// TestContractReachesEveryMessage shows that nothing stands in the contract that
// no RPC and no error leads to.
func TestContractReachesEveryMessage(t *testing.T) {
	messages, enums := contractTypes()
	reached := make(map[protoreflect.FullName]bool)
	var reach func(protoreflect.MessageDescriptor)
	reach = func(message protoreflect.MessageDescriptor) {
		if reached[message.FullName()] {
			return
		}
		reached[message.FullName()] = true
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			if field.Message() != nil {
				reach(field.Message())
			}
			if field.Enum() != nil {
				reached[field.Enum().FullName()] = true
			}
		}
	}
	for _, method := range contractMethods() {
		reach(method.Input())
		reach(method.Output())
	}
	reach((&portonev2.PortOneError{}).ProtoReflect().Descriptor())
	for name, message := range messages {
		if !reached[message.FullName()] && !isDeprecated(message) && !handKept[message.ParentFile().Path()] {
			t.Errorf("no RPC leads to message %s", name)
		}
	}
	for name, enum := range enums {
		if !reached[enum.FullName()] && !isDeprecated(enum) && !handKept[enum.ParentFile().Path()] {
			t.Errorf("no RPC leads to enum %s", name)
		}
	}
}

func contractTypes() (map[string]protoreflect.MessageDescriptor, map[string]protoreflect.EnumDescriptor) {
	messages, enums := make(map[string]protoreflect.MessageDescriptor), make(map[string]protoreflect.EnumDescriptor)
	for _, file := range contractFiles() {
		for i := range file.Messages().Len() {
			messages[string(file.Messages().Get(i).Name())] = file.Messages().Get(i)
		}
		for i := range file.Enums().Len() {
			enums[string(file.Enums().Get(i).Name())] = file.Enums().Get(i)
		}
	}
	return messages, enums
}
