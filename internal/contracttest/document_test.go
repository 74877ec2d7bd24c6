package contracttest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"pgregory.net/rapid"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// check holds a document against everything that must be true of any, and
// returns its survey.
func check(t *testing.T, md protoreflect.MessageDescriptor, document []byte) *survey {
	t.Helper()
	if !json.Valid(document) {
		t.Fatalf("%s: not valid JSON: %s", md.Name(), document)
	}
	again := reencode(t, document)
	if err := EqualRaw(md, document, again); err != nil {
		t.Fatalf("%s: %s is not equal to %s: %v", md.Name(), document, again, err)
	}
	s, err := surveyOf(md, document)
	if err != nil {
		t.Fatalf("%s: %v", md.Name(), err)
	}
	if s.kinds[wrong] > 0 {
		t.Fatalf("%s: %s: %v", md.Name(), document, s.faults)
	}
	return s
}

// reencode writes a document as encoding/json does.
func reencode(t *testing.T, document []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func TestMessages(t *testing.T) {
	names := map[protoreflect.Name]bool{}
	for _, md := range Messages() {
		names[md.Name()] = true
	}
	if len(names) < 600 || !names["Payment"] || !names["GetPaymentRequest"] || names["PortOneError"] || names["Discriminator"] {
		t.Errorf("%d messages, or the wrong ones", len(names))
	}
	if n := len(Methods()); n != 151 {
		t.Errorf("%d methods, want 151", n)
	}
}

func TestDocumentsFitTheContract(t *testing.T) {
	for _, md := range Messages() {
		generator, required := Document(md, Options{}), Document(md, Options{RequiredOnly: true})
		for seed := range 3 {
			document := generator.Example(seed)
			if s := check(t, md, document); len(s.faults) > 0 {
				t.Errorf("%s: %v", md.Name(), s.faults)
			}
			if len(document) > 6000 {
				t.Errorf("%s: a document of %d bytes", md.Name(), len(document))
			}
		}
		if s := check(t, md, required.Example(1)); len(s.faults) > 0 || s.has["optional present"] > 0 {
			t.Errorf("%s: required members only: %v, %v", md.Name(), s.faults, s.has)
		}
	}
}

// written are patterns of what a document may look like.
var written = map[string]*regexp.Regexp{
	"compact":               regexp.MustCompile(`^\{("[^"]*":[^\s"]+,?)+\}$`),
	"space before a colon":  regexp.MustCompile(`"\s+:`),
	"space after a colon":   regexp.MustCompile(`":\s+`),
	"space at the ends":     regexp.MustCompile(`(?s)^\s.*\s$`),
	"escaped name":          regexp.MustCompile(`[,{]\s*"[a-zA-Z]*\\u00[^"]*"\s*:`),
	"raw emoji":             regexp.MustCompile(`😀`),
	"surrogates":            regexp.MustCompile(`\\u[dD]83[dD]\\u[dD][eE]00`),
	"korean":                regexp.MustCompile(`강남구`),
	"quote":                 regexp.MustCompile(`\\"`),
	"escaped backslash":     regexp.MustCompile(`\\\\`),
	"escaped control":       regexp.MustCompile(`\\u001[fF]`),
	"nul":                   regexp.MustCompile(`\\u0000`),
	"short escape":          regexp.MustCompile(`[^\\]\\n`),
	"empty string":          regexp.MustCompile(`:""`),
	"zero":                  regexp.MustCompile(`:0[,}]`),
	"least int64":           regexp.MustCompile(`:-9223372036854775808`),
	"greatest int64":        regexp.MustCompile(`:9223372036854775807`),
	"greatest int32":        regexp.MustCompile(`:2147483647[,}]`),
	"integer with a point":  regexp.MustCompile(`\d\.0[,}]`),
	"nine digits":           regexp.MustCompile(`:\d\d\.\d{9}[Zz+-]`),
	"offset":                regexp.MustCompile(`\d\+05:45"`),
	"year 1":                regexp.MustCompile(`"0001-`),
	"year 0 abroad":         regexp.MustCompile(`"0000-`),
	"year 9999":             regexp.MustCompile(`"9999-`),
	"number as written":     regexp.MustCompile(`1\.50e\+3`),
	"discriminator first":   regexp.MustCompile(`^\s*\{\s*"status"`),
	"discriminator last":    regexp.MustCompile(`"status"\s*:\s*"[A-Z_]*"\s*\}\s*$`),
	"discriminator between": regexp.MustCompile(`^\s*\{\s*"[^s].*,\s*"status"\s*:\s*"[A-Z_]*"\s*,`),
}

func TestDocumentsHaveEveryFeature(t *testing.T) {
	has := map[string]int{}
	messages := []proto.Message{
		&portonev2.Payment{}, &portonev2.PayInstantlyRequest{}, &portonev2.VerifiedIdentityVerification{},
		&portonev2.PlatformOrderSettlementAmount{}, &portonev2.B2BBulkTaxInvoice{},
	}
	for _, m := range messages {
		md := m.ProtoReflect().Descriptor()
		generator := Document(md, Options{})
		for seed := range 300 {
			document := generator.Example(seed)
			for feature, n := range check(t, md, document).has {
				has[feature] += n
			}
			for feature, pattern := range written {
				if pattern.Match(document) {
					has[feature]++
				}
			}
		}
	}
	for feature := range written {
		has[feature] += 0
	}
	for _, feature := range []string{
		"string", "bool", "int32", "int64", "enum", "timestamp", "json text", "map", "list", "empty", "union",
		"optional present", "optional absent", "depth 4",
	} {
		has[feature] += 0
	}
	for feature, n := range has {
		if n < 3 && !strings.HasPrefix(feature, "depth") {
			t.Errorf("%s: only %d times", feature, n)
		}
	}
}

func TestInjections(t *testing.T) {
	kinds := map[string]Injection{
		"UnknownMembers": UnknownMembers, "UnknownEnums": UnknownEnums, "Nulls": Nulls, "NullElements": NullElements,
		"UnknownDiscriminators": UnknownDiscriminators, "MissingDiscriminators": MissingDiscriminators,
		"EmptyOptional": EmptyOptional, "AbsentRequired": AbsentRequired, "BadDates": BadDates,
	}
	all := Injection(0)
	for name, kind := range kinds {
		all |= kind
		t.Run(name, func(t *testing.T) {
			n := 0
			for _, m := range []proto.Message{&portonev2.GetPaymentsResponse{}, &portonev2.PlatformOrderTransfer{}} {
				md := m.ProtoReflect().Descriptor()
				generator := Document(md, Options{Inject: kind, InjectPercent: 20})
				for seed := range 100 {
					s := check(t, md, generator.Example(seed))
					n += s.kinds[kind]
					if len(s.faults) != s.kinds[kind] {
						t.Fatalf("%s: also something else: %v", md.Name(), s.faults)
					}
				}
			}
			if n < 20 {
				t.Errorf("only %d times", n)
			}
		})
	}
	if all != Everything {
		t.Errorf("the kinds are %b, Everything is %b", all, Everything)
	}
}

func TestEverythingInEveryMessage(t *testing.T) {
	kinds := map[Injection]int{}
	for _, md := range Messages() {
		generator := Document(md, Options{Inject: Everything, InjectPercent: 15})
		for seed := range 3 {
			for kind, n := range check(t, md, generator.Example(seed)).kinds {
				kinds[kind] += n
			}
		}
	}
	for kind := Injection(1); kind < Everything; kind <<= 1 {
		if kinds[kind] < 20 {
			t.Errorf("injection %b only %d times", kind, kinds[kind])
		}
	}
}

func TestDocumentIsARapidGenerator(t *testing.T) {
	md := (&portonev2.Payment{}).ProtoReflect().Descriptor()
	generator := Document(md, Options{Inject: Everything})
	rapid.Check(t, func(t *rapid.T) {
		document := generator.Draw(t, "document")
		if err := Equal(md, document, document); err != nil {
			t.Fatal(err)
		}
	})
}

// withoutTypes returns a file as a program has it that knows nothing of the
// contract's options: as unknown fields.
func withoutTypes(t *testing.T, file protoreflect.FileDescriptor) protoreflect.FileDescriptor {
	t.Helper()
	raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(file))
	if err != nil {
		t.Fatal(err)
	}
	dynamic := &descriptorpb.FileDescriptorProto{}
	if err := (proto.UnmarshalOptions{Resolver: new(protoregistry.Types)}).Unmarshal(raw, dynamic); err != nil {
		t.Fatal(err)
	}
	made, err := protodesc.NewFile(dynamic, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestDynamicDescriptors(t *testing.T) {
	generated := (&portonev2.Payment{}).ProtoReflect().Descriptor()
	dynamic := withoutTypes(t, portonev2.File_portone_v2_payment_proto).Messages().ByName("Payment")
	for seed := range 10 {
		want, got := Document(generated, Options{}).Example(seed), Document(dynamic, Options{}).Example(seed)
		if !bytes.Equal(want, got) {
			t.Fatalf("seed %d: want %s, got %s", seed, want, got)
		}
	}
}

// TestRecursion uses a message type that refers to itself, which none of the
// contract does.
func TestRecursion(t *testing.T) {
	field := func(name string, number int32, label descriptorpb.FieldDescriptorProto_Label) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), JsonName: proto.String(name), Number: proto.Int32(number), Label: label.Enum(),
			Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), TypeName: proto.String(".tree.Node"),
		}
	}
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("tree.proto"), Package: proto.String("tree"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Node"), Field: []*descriptorpb.FieldDescriptorProto{
			field("next", 1, descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL),
			field("children", 2, descriptorpb.FieldDescriptorProto_LABEL_REPEATED),
		}}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	md := file.Messages().ByName("Node")
	generator := Document(md, Options{MaxDepth: 3, Inject: EmptyOptional})
	deepest := false
	for seed := range 200 {
		s := check(t, md, generator.Example(seed))
		deepest = deepest || s.has["depth 3"] > 0
		if s.has["depth 4"] > 0 {
			t.Fatalf("deeper than 3")
		}
	}
	if !deepest {
		t.Errorf("never 3 deep")
	}
}
