package main

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/shop from testdata/shop.json anew")

// shop is a small document with every construct that protosync knows.
func shop(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/shop.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// edit is a change of a document's text.
type edit struct{ from, to string }

func apply(t *testing.T, text string, edits ...edit) string {
	t.Helper()
	for _, e := range edits {
		if strings.Count(text, e.from) != 1 {
			t.Fatalf("%q stands %d times in the document, must be once", e.from, strings.Count(text, e.from))
		}
		text = strings.Replace(text, e.from, e.to, 1)
	}
	return text
}

// syncText runs protosync on a document's text.
func syncText(t *testing.T, dir, document string, retype ...string) (summary string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, []byte(document), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = syncProto(settings{openapi: file, proto: dir, retype: retype}, &out)
	return out.String(), err
}

func mustSync(t *testing.T, dir, document string, retype ...string) string {
	t.Helper()
	summary, err := syncText(t, dir, document, retype...)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// protos reads what protosync wrote, by file name.
func protos(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	paths, err := filepath.Glob(filepath.Join(dir, folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(path)] = string(text)
	}
	return files
}

func all(files map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b.WriteString(files[name])
	}
	return b.String()
}

func TestShop(t *testing.T) {
	const golden = "testdata/shop"
	dir := t.TempDir()
	if *update {
		if err := os.RemoveAll(golden); err != nil {
			t.Fatal(err)
		}
		dir = golden
	}
	mustSync(t, dir, shop(t))
	if diff := cmp.Diff(protos(t, golden), protos(t, dir)); diff != "" {
		t.Errorf("the contract of testdata/shop.json differs (-want +got); if that is meant, run go test -update\n%s", diff)
	}
}

func TestSecondRunChangesNothing(t *testing.T) {
	dir := t.TempDir()
	mustSync(t, dir, shop(t))
	first := protos(t, dir)
	summary := mustSync(t, dir, shop(t))
	if diff := cmp.Diff(first, protos(t, dir)); diff != "" {
		t.Errorf("the second run changed proto/ (-first +second):\n%s", diff)
	}
	if strings.Count(summary, " 0 added") != 4 || strings.Count(summary, " 0 deprecated") != 4 {
		t.Errorf("the second run claims changes:\n%s", summary)
	}
}

// TestHandWork shows that what people write into proto/ stays: comments, order,
// options, reserved numbers, and files that are not generated.
func TestHandWork(t *testing.T) {
	dir := t.TempDir()
	mustSync(t, dir, shop(t))
	path := filepath.Join(dir, folder, "order.proto")
	text := apply(t, protos(t, dir)["order.proto"],
		edit{"service OrderService {", "// Orders of the shop.\n//\n// Two paragraphs.\nservice OrderService {"},
		edit{"  rpc GetOrder(", "  // Finds an order.\n  rpc GetOrder("},
		edit{"  optional int64 amount = 2 [(google.api.field_behavior) = REQUIRED];\n  google.protobuf", "  // In the minor unit.\n  optional int64 amount = 2 [(google.api.field_behavior) = REQUIRED];\n  google.protobuf"},
		edit{"    OpenOrder part_open = 2;", "    // Not paid yet.\n    OpenOrder part_open = 2;"},
		edit{"message OpenOrder {", "// Not paid.\nmessage OpenOrder {\n  reserved 2 to 4;\n  reserved \"old\";"},
		edit{"  optional string store_id = 2 [(portone.v2.location) = PARAMETER_LOCATION_QUERY];", "  optional string store_id = 2 [\n    (portone.v2.location) = PARAMETER_LOCATION_QUERY,\n    debug_redact = true\n  ];"},
	)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	byHand := "syntax = \"proto3\";\npackage portone.v2;\n// Ours.\nmessage Mine { string a = 1; }\n"
	annotations := filepath.Join(dir, folder, "annotations.proto")
	contract, err := os.ReadFile("../../proto/portone/v2/annotations.proto")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(annotations, append(contract, strings.TrimPrefix(byHand, "syntax = \"proto3\";\npackage portone.v2;\n")...), 0o644); err != nil {
		t.Fatal(err)
	}

	document := apply(t, shop(t),
		edit{`"reason": {"type": "string"}`, `"reason": {"type": "string"}, "until": {"type": "string", "format": "date"}`})
	mustSync(t, dir, document)
	got := protos(t, dir)["order.proto"]
	for _, want := range []string{
		"// Orders of the shop.\n//\n// Two paragraphs.\nservice OrderService {",
		"  // Finds an order.\n  rpc GetOrder(",
		"  // In the minor unit.\n  optional int64 amount = 2 ",
		"    // Not paid yet.\n    OpenOrder part_open = 2;",
		"// Not paid.\nmessage OpenOrder {",
		"reserved 2 to 4;",
		"reserved \"old\";",
		"debug_redact = true",
		"  optional string until = 5;", // behind the reserved numbers
	} {
		if !strings.Contains(got, want) {
			t.Errorf("order.proto lost %q:\n%s", want, got)
		}
	}
	if kept := protos(t, dir)["annotations.proto"]; !strings.HasSuffix(kept, "// Ours.\nmessage Mine { string a = 1; }\n") {
		t.Errorf("annotations.proto is kept by hand, but was changed")
	}
}

func TestGoneIsDeprecatedAndComesBack(t *testing.T) {
	dir := t.TempDir()
	document := shop(t)
	mustSync(t, dir, document)
	before := protos(t, dir)

	smaller := apply(t, document,
		edit{`"enum": ["BOOK", "E_BOOK"]`, `"enum": ["BOOK"]`},
		edit{`, "reason": {"type": "string"}`, ``},
		edit{`,
          "bypass": {"type": "object", "title": "free form"}`, ``},
		edit{`"AMOUNT_EXCEEDED": "#/components/schemas/AmountExceededError", `, ``},
		edit{`{"$ref": "#/components/schemas/AmountExceededError"}, `, ``},
	)
	start := strings.Index(smaller, `    "/orders/{orderId}/report"`)
	end := strings.Index(smaller, `    "/platform/goods/{kind}"`)
	smaller = smaller[:start] + smaller[end:]
	summary := mustSync(t, dir, smaller)
	got := all(protos(t, dir))
	for _, want := range []string{
		"  KIND_E_BOOK = 2 [deprecated = true];",
		"  optional string reason = 1 [deprecated = true];",
		"  optional string bypass = 2 [\n    (portone.v2.json_text) = true,\n    deprecated = true\n  ];",
		"    };\n    option deprecated = true;\n  }\n}\n\nmessage GetOrderRequest", // the last RPC, DownloadReport
		"message DownloadReportRequest {\n  option deprecated = true;",
		"message AmountExceededError {\n  option deprecated = true;",
		"    AmountExceededError amount_exceeded = 101 [deprecated = true];",
		"    },\n    deprecated = true\n  ];\n\n  ERROR_REASON_FORBIDDEN", // ERROR_REASON_AMOUNT_EXCEEDED
		"enum ExceededType {\n  option deprecated = true;",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if !strings.Contains(summary, "operations       0 added     5 kept     1 deprecated (1 of them now)") {
		t.Errorf("the summary does not count what is gone:\n%s", summary)
	}

	mustSync(t, dir, document)
	if diff := cmp.Diff(before, protos(t, dir)); diff != "" {
		t.Errorf("what came back is not as before (-before +after):\n%s", diff)
	}
}

// TestGrowth shows where new things go: behind the old ones, with numbers that
// nothing had before.
func TestGrowth(t *testing.T) {
	dir := t.TempDir()
	mustSync(t, dir, shop(t))
	before := protos(t, dir)
	bigger := apply(t, shop(t),
		edit{`"status": {"type": "string"},
          "id": {`, `"status": {"type": "string"}, "first": {"type": "string"},
          "id": {`},
		edit{`"enum": ["BOOK", "E_BOOK"]`, `"enum": ["AUDIO", "BOOK", "E_BOOK"]`},
		edit{`"PART_OPEN": "#/components/schemas/OpenOrder"`, `"HELD": "#/components/schemas/HeldOrder", "PART_OPEN": "#/components/schemas/OpenOrder"`},
		edit{`"oneOf": [{"$ref": "#/components/schemas/PaidOrder"}`, `"oneOf": [{"$ref": "#/components/schemas/HeldOrder"}, {"$ref": "#/components/schemas/PaidOrder"}`},
		edit{`"OpenOrder": {`, `"HeldOrder": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}, "OpenOrder": {`},
		edit{`"required": ["status", "id", "amount", "paidAt", "lines"]`, `"required": ["status", "id", "paidAt", "lines", "count"]`},
		edit{`"/orders": {
      "get"`, `"/orders/first": {"get": {
        "operationId": "getFirstOrder",
        "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
        "x-portone-category": "sales.order",
        "x-portone-error": {"$ref": "#/components/schemas/GetOrdersError"}
      }},
    "/orders": {
      "get"`},
		edit{`"GoodsInput": {"type": "object", "properties": {`, `"GoodsInput": {"type": "object", "properties": {"line": {"$ref": "#/components/schemas/Line"}, `},
	)
	mustSync(t, dir, bigger)
	after := protos(t, dir)
	for file, wants := range map[string][]string{
		"order.proto": {
			"  Everything everything = 12;\n  optional string first = 13;\n  map<string, string> unrecognized = 1000;",
			"    OpenOrder part_open = 2;\n    HeldOrder held = 3;\n  }",
			"  optional int64 amount = 2;\n",
			"  optional int32 count = 5 [(google.api.field_behavior) = REQUIRED];",
			"  rpc GetFirstOrder(GetFirstOrderRequest) returns (Order) {",
			"message Line {", // stays where it is, though goods need it too
		},
		"common.proto":         {"  KIND_E_BOOK = 2;\n  KIND_AUDIO = 3;\n"},
		"platform_goods.proto": {"import \"portone/v2/order.proto\";", "  Line line = 3;"},
	} {
		for _, want := range wants {
			if !strings.Contains(after[file], want) {
				t.Errorf("%s has no %q:\n%s", file, want, after[file])
			}
		}
	}
	numbers := regexp.MustCompile(`(?m)^ +(?:optional |repeated )?(\S+ \S+|\w+) = \d+`)
	for file, text := range before {
		for _, declaration := range numbers.FindAllString(text, -1) {
			if !strings.Contains(after[file], declaration) {
				t.Errorf("%s lost %q", file, declaration)
			}
		}
	}
	methods := regexp.MustCompile(`(?m)^  rpc (\w+)`).FindAllStringSubmatch(after["order.proto"], -1)
	if last := methods[len(methods)-1][1]; last != "GetFirstOrder" {
		t.Errorf("the new RPC is not the last one but before %s", last)
	}
}

// TestBreaking shows the changes that stop protosync, and that it then writes
// nothing.
func TestBreaking(t *testing.T) {
	tests := []struct {
		name  string
		edits []edit
		want  []string // all in the error
	}{
		{
			"a member's type",
			[]edit{{`"count": {"type": "integer", "format": "int32"}`, `"count": {"type": "string"}`}},
			[]string{"schema PaidOrder: member count (field PaidOrder.count = 5)", "was int32", "says string", "keep the old document"},
		},
		{
			"a path parameter's type",
			[]edit{{`{"name": "kind", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Kind"}}`, `{"name": "kind", "in": "path", "required": true, "schema": {"type": "string"}}`}},
			[]string{"operation updateGoods (PATCH /platform/goods/{kind})", "was Kind in the path", "says string in the path"},
		},
		{
			"a single value becomes a list",
			[]edit{{`"gift": {"type": "boolean"}`, `"gift": {"type": "array", "items": {"type": "boolean"}}`}},
			[]string{"PaidOrder.gift", "was bool", "says a list of bool"},
		},
		{
			"a list becomes a map",
			[]edit{{`"totals": {"$ref": "#/components/schemas/Totals"}`, `"totals": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}`}},
			[]string{"PaidOrder.totals", "was a map to Line", "says a list of Line"},
		},
		{
			"free form becomes text",
			[]edit{{`"bypass": {"type": "object", "title": "free form"}`, `"bypass": {"type": "string"}`}},
			[]string{"CreateOrderRequest.bypass", "was a free-form object", "says string"},
		},
		{
			"a query parameter moves to the body",
			[]edit{
				{`{"name": "storeId", "in": "query", "required": false, "schema": {"type": "string"}},`, ``},
				{`"x-portone-category": "sales.order",
        "x-portone-error": {"$ref": "#/components/schemas/GetOrderError"}
      },
      "delete"`, `"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/StoreBody"}}}},
        "x-portone-category": "sales.order",
        "x-portone-error": {"$ref": "#/components/schemas/GetOrderError"}
      },
      "delete"`},
				{`"Order": {`, `"StoreBody": {"type": "object", "properties": {"storeId": {"type": "string"}}}, "Order": {`},
			},
			[]string{"GetOrderRequest.store_id", "was string in the query", "says string"},
		},
		{
			"a case of a union gets another schema",
			[]edit{
				{`"oneOf": [{"$ref": "#/components/schemas/PaidOrder"}, {"$ref": "#/components/schemas/OpenOrder"}]`, `"oneOf": [{"$ref": "#/components/schemas/PaidOrder"}, {"$ref": "#/components/schemas/Everything"}]`},
				{`"PART_OPEN": "#/components/schemas/OpenOrder"`, `"PART_OPEN": "#/components/schemas/Everything"`},
			},
			[]string{"Order.part_open", "was case OpenOrder", "says case Everything"},
		},
		{
			"a case of a union gets another discriminator value",
			[]edit{{`"PART_OPEN": `, `"PARTLY_OPEN": `}},
			[]string{"schema OpenOrder", "was the case of a union with status PART_OPEN", "says the case of a union with status PARTLY_OPEN"},
		},
		{
			"a case moves to another union",
			[]edit{
				{`"oneOf": [{"$ref": "#/components/schemas/PaidOrder"}, {"$ref": "#/components/schemas/OpenOrder"}]`, `"oneOf": [{"$ref": "#/components/schemas/PaidOrder"}]`},
				{`, "PART_OPEN": "#/components/schemas/OpenOrder"`, ``},
				{`"x-portone-category": "platform.goods"`, `"x-portone-category": "platform.goods"`},
				{`"Goods": {"type": "object", "required": ["kind"], "properties": {`, `"Held": {"oneOf": [{"$ref": "#/components/schemas/OpenOrder"}], "discriminator": {"propertyName": "status", "mapping": {"PART_OPEN": "#/components/schemas/OpenOrder"}}},
      "Goods": {"type": "object", "required": ["kind"], "properties": {"held": {"$ref": "#/components/schemas/Held"}, `},
			},
			[]string{"schema OpenOrder", "was a case of Order", "says a case of Held"},
		},
		{
			"an object becomes a union",
			[]edit{{`"Everything": {"type": "object"}`, `"Everything": {"oneOf": [{"$ref": "#/components/schemas/Line"}], "discriminator": {"propertyName": "addressLine1", "mapping": {"X": "#/components/schemas/Line"}}}`}},
			[]string{"schema Everything", "was an object", "says a union told apart by address_line1"},
		},
		{
			"an enum becomes an object",
			[]edit{
				{`"Kind": {"type": "string", "enum": ["BOOK", "E_BOOK"]}`, `"Kind": {"type": "object"}`},
				{`{"name": "kind", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/Kind"}}`, `{"name": "kind", "in": "path", "required": true, "schema": {"type": "string"}}`},
			},
			[]string{"schema Kind", "was an enum", "says a message"},
		},
		{
			"an answer's schema",
			[]edit{{`"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PaidOrder"}}}`, `"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}`}},
			[]string{"operation createOrder: its answer", "was PaidOrder", "says Order"},
		},
		{
			"a route",
			[]edit{{`"/orders/{orderId}/report"`, `"/orders/{orderId}/sheet"`}},
			[]string{"operation downloadReport: its route", "/orders/{order_id}/report", "/orders/{order_id}/sheet"},
		},
		{
			"a message's type, which a person may accept",
			[]edit{
				{`"payment": {"$ref": "#/components/schemas/PaymentInput"}`, `"payment": {"$ref": "#/components/schemas/OrderPaymentInput"}`},
				{`"PaymentInput": {`, `"OrderPaymentInput": {"type": "object", "properties": {"amount": {"type": "integer", "format": "int64"}}}, "PaymentInput": {`},
			},
			[]string{"operation createOrder (POST /orders): member payment", "was PaymentInput", "says OrderPaymentInput", "-accept-retype CreateOrderRequest.payment"},
		},
		{
			"a message's type that does not fit",
			[]edit{
				{`"payment": {"$ref": "#/components/schemas/PaymentInput"}`, `"payment": {"$ref": "#/components/schemas/OrderPaymentInput"}`},
				{`"PaymentInput": {`, `"OrderPaymentInput": {"type": "object", "properties": {"amount": {"type": "string"}}}, "PaymentInput": {`},
			},
			[]string{"was PaymentInput", "says OrderPaymentInput", "keep the old document"},
		},
		{
			"files that would import each other",
			[]edit{
				{`"Line": {
        "type": "object",
        "required": ["addressLine1"],
        "properties": {`, `"Line": {
        "type": "object",
        "required": ["addressLine1"],
        "properties": {"goods": {"$ref": "#/components/schemas/Goods"}, `},
				{`"GoodsInput": {"type": "object", "properties": {`, `"GoodsInput": {"type": "object", "properties": {"everything": {"$ref": "#/components/schemas/Everything"}, `},
			},
			[]string{"portone/v2/order.proto -> portone/v2/platform_goods.proto -> portone/v2/order.proto would import each other", "Line needs Goods; UpdateGoodsRequest needs Everything", "by hand"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			mustSync(t, dir, shop(t))
			before := protos(t, dir)
			_, err := syncText(t, dir, apply(t, shop(t), test.edits...))
			if err == nil {
				t.Fatalf("protosync accepted it:\n%s", cmp.Diff(before, protos(t, dir)))
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if diff := cmp.Diff(before, protos(t, dir)); diff != "" {
				t.Errorf("protosync failed and wrote all the same:\n%s", diff)
			}
		})
	}
}

// TestAcceptRetype shows that a message which takes another one's place takes
// over its numbers, and keeps free those of members that it does not have.
func TestAcceptRetype(t *testing.T) {
	dir := t.TempDir()
	mustSync(t, dir, shop(t))
	document := apply(t, shop(t),
		edit{`"payment": {"$ref": "#/components/schemas/PaymentInput"}`, `"payment": {"$ref": "#/components/schemas/OrderPaymentInput"}, "card": {"$ref": "#/components/schemas/PaymentInput"}`},
		edit{`"PaymentInput": {
        "type": "object",
        "required": ["amount"],`, `"OrderPaymentInput": {"type": "object", "properties": {
          "coupon": {"type": "string"}, "memo": {"type": "string"}, "amount": {"type": "integer", "format": "int64"}}},
      "PaymentInput": {
        "type": "object",
        "required": ["amount"],`},
	)
	summary := mustSync(t, dir, document, "CreateOrderRequest.payment")
	if !strings.Contains(summary, "retyped      CreateOrderRequest.payment") {
		t.Errorf("the summary does not say what was accepted:\n%s", summary)
	}
	got := protos(t, dir)["order.proto"]
	for _, want := range []string{
		"  OrderPaymentInput payment = 1 [(google.api.field_behavior) = REQUIRED];",
		"  optional string coupon = 4;",
		"  optional string memo = 3;",
		"  optional int64 amount = 2;",
		"  reserved 1;",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	again := protos(t, dir)
	mustSync(t, dir, document)
	if diff := cmp.Diff(again, protos(t, dir)); diff != "" {
		t.Errorf("the next run changes what was accepted:\n%s", diff)
	}
}
