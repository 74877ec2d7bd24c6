package errmap

import (
	_ "embed"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/transcode"
)

// errorsTSV is the table of PortOne's error types, for people to read and edit.
//
//go:embed errors.tsv
var errorsTSV string

// detailKind is the standard detail that goes with an error.
type detailKind string

const (
	noDetail            detailKind = "-"
	badRequest          detailKind = "BadRequest"
	preconditionFailure detailKind = "PreconditionFailure"
	resourceInfo        detailKind = "ResourceInfo"
	quotaFailure        detailKind = "QuotaFailure"
	retryInfo           detailKind = "RetryInfo"
)

// row is one line of the table, with what the contract says of the type.
type row struct {
	reason portonev2.ErrorReason
	typ    string
	schema string // the schema that is meant, where the type has several
	of     string // the operation that the line is for, where it means something else there
	code   codes.Code
	detail detailKind
	about  string
	text   [languages]string

	http int32 // PortOne's status; 0 where no document says it
	data *data // nil where the error has no data of its own
}

// data is how the data of an error becomes a case of PortOneError.
type data struct {
	plan *transcode.Message // reads over type and message
	tag  []byte
	// The values of the member `type`, where it is declared as an enum: PortOne
	// may send one of them in place of the error's own type.
	types map[string]bool
	typed *transcode.Message // reads over message alone
}

// table has every error type that the contract knows.
type table struct {
	byType   map[string]*row
	bySchema map[string]*row // those lines that are for one schema of a type
	byUse    map[use]*row    // those that are for one operation
	rows     []*row
}

// use is a type in the error of an operation.
type use struct{ operation, typ string }

// newTable reads errorsTSV and adds what the contract says.
func newTable() (*table, error) {
	t := &table{byType: make(map[string]*row), bySchema: make(map[string]*row), byUse: make(map[use]*row)}
	for n, cells := range tsvLines(errorsTSV, 6) {
		r, err := newRow(cells)
		if err != nil {
			return nil, fmt.Errorf("errors.tsv: line %d: %w", n, err)
		}
		if r.data, err = newData(r); err != nil {
			return nil, fmt.Errorf("errors.tsv: line %d: %w", n, err)
		}
		t.rows = append(t.rows, r)
		switch {
		case r.schema != "":
			t.bySchema[r.schema] = r
			continue
		case r.of != "":
			t.byUse[use{r.of, r.typ}] = r
			continue
		}
		t.byType[r.typ] = r
		if r.data != nil {
			for alias := range r.data.types {
				t.byType[alias] = r
			}
		}
	}
	return t, nil
}

func newRow(cells []string) (*row, error) {
	name, of, _ := strings.Cut(cells[0], "@")
	typ, schema, _ := strings.Cut(name, "/")
	number, known := portonev2.ErrorReason_value["ERROR_REASON_"+typ]
	if !known {
		return nil, fmt.Errorf("the contract has no error type %s", typ)
	}
	r := &row{
		reason: portonev2.ErrorReason(number), typ: typ, schema: schema, of: of,
		detail: detailKind(cells[2]), about: cells[3],
		text: [languages]string{English: cells[4], Korean: cells[5]},
	}
	if err := r.code.UnmarshalJSON([]byte(`"` + cells[1] + `"`)); err != nil || r.code == codes.OK {
		return nil, fmt.Errorf("%s is no code of an error", cells[1])
	}
	switch r.detail {
	case noDetail, badRequest, preconditionFailure, resourceInfo, quotaFailure, retryInfo:
	default:
		return nil, fmt.Errorf("%s is no kind of detail", cells[2])
	}
	value := r.reason.Descriptor().Values().ByNumber(protoreflect.EnumNumber(number))
	note, _ := proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
	r.http = note.GetHttpStatus()
	return r, nil
}

// newData finds the case of PortOneError for an error's schema.
func newData(r *row) (*data, error) {
	value := r.reason.Descriptor().Values().ByNumber(protoreflect.EnumNumber(r.reason))
	note, _ := proto.GetExtension(value.Options(), portonev2.E_ErrorType).(*portonev2.ErrorType)
	fields := (&portonev2.PortOneError{}).ProtoReflect().Descriptor().Oneofs().ByName("data").Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if note.GetSchema() == "" || string(fd.Message().Name()) != note.GetSchema() {
			continue
		}
		plan, d := transcode.PlanOf(fd.Message()), &data{tag: protowire.AppendTag(nil, fd.Number(), protowire.BytesType)}
		var err error
		if d.plan, err = plan.Ignoring("type", "message"); err != nil {
			return nil, err
		}
		if typ := fd.Message().Fields().ByName("type"); typ != nil {
			d.types = enumNames(typ.Enum())
			if d.typed, err = plan.Ignoring("message"); err != nil {
				return nil, err
			}
		}
		return d, nil
	}
	return nil, nil
}

// enumNames lists the bare names of an enum's values.
func enumNames(enum protoreflect.EnumDescriptor) map[string]bool {
	names := make(map[string]bool)
	prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
	for i := 1; i < enum.Values().Len(); i++ {
		names[strings.TrimPrefix(string(enum.Values().Get(i).Name()), prefix)] = true
	}
	return names
}

// tsvLines yields the lines of a table with their numbers, without comments, empty
// lines and the header. A line that does not have as many cells as the table has
// columns yields what it has, padded.
func tsvLines(text string, columns int) func(yield func(int, []string) bool) {
	return func(yield func(int, []string) bool) {
		header := true
		n := 0
		for line := range strings.Lines(text) {
			n++
			line = strings.TrimSuffix(line, "\n")
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if header {
				header = false
				continue
			}
			cells := strings.Split(line, "\t")
			for len(cells) < columns {
				cells = append(cells, "")
			}
			if !yield(n, cells) {
				return
			}
		}
	}
}
