package transcode

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
	"github.com/portone-gateway/portone-gateway/internal/contracttest"
)

// The benchmarks stand beside protojson on the same contents in the same run:
//
//	go test ./transcode -run '^$' -bench . -benchmem
//
// protojson cannot read PortOne's JSON (flat unions, bare enums, numbers), so it
// gets its own JSON of the same message, of about the same length.
//
// Medians of three runs on two cores of a cloud machine, Go 1.26, with all checks;
// the ratios vary less than the times:
//
//	                            transcode           protojson               ratio
//	JSON -> wire, 3.4 KB        6.0 us, 0 allocs     60 us,    471 allocs    0.10
//	JSON -> wire, page of 100   594 us, 0 allocs   6127 us, 46,927 allocs    0.10
//	wire -> JSON, 3.4 KB        4.7 us, 0 allocs     27 us,    139 allocs    0.18
//	wire -> JSON, page of 100   475 us, 0 allocs   2596 us, 13,816 allocs    0.18
//
// Without a buffer of the caller's, both directions allocate once. From 3 KiB to
// 30 MiB the rate stays between 460 and 720 MB of JSON a second (BenchmarkLinear;
// beyond the caches memory is the limit).

// bench is a document in all the forms that the benchmarks need.
type bench struct {
	name      string
	of        proto.Message
	json      []byte // PortOne's
	wire      []byte
	message   proto.Message
	protojson []byte
	plan      *Message
}

func benches(b *testing.B) []bench {
	b.Helper()
	list := []bench{
		{name: "payment", of: &portonev2.Payment{}, json: contracttest.CardPayment()},
		{name: "page", of: &portonev2.GetPaymentsResponse{}, json: contracttest.PaymentsPage(100)},
	}
	for i := range list {
		c := &list[i]
		c.plan = compiled(b, c.of)
		var err error
		if c.wire, err = c.plan.AppendWire(nil, c.json, Strict); err != nil {
			b.Fatal(err)
		}
		c.message = c.of.ProtoReflect().New().Interface()
		if err := proto.Unmarshal(c.wire, c.message); err != nil {
			b.Fatal(err)
		}
		if c.protojson, err = protojson.Marshal(c.message); err != nil {
			b.Fatal(err)
		}
	}
	return list
}

func BenchmarkToWire(b *testing.B) {
	for _, c := range benches(b) {
		b.Run(c.name+"/transcode", func(b *testing.B) {
			b.SetBytes(int64(len(c.json)))
			b.ReportAllocs()
			buf := make([]byte, 0, len(c.json))
			for b.Loop() {
				var err error
				if buf, err = c.plan.AppendWire(buf[:0], c.json, Strict); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/transcode-no-buffer", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.plan.AppendWire(nil, c.json, Strict); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/protojson", func(b *testing.B) {
			b.SetBytes(int64(len(c.protojson)))
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				message := c.message.ProtoReflect().New().Interface()
				if err := protojson.Unmarshal(c.protojson, message); err != nil {
					b.Fatal(err)
				}
				var err error
				if buf, err = (proto.MarshalOptions{}).MarshalAppend(buf[:0], message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkToJSON(b *testing.B) {
	for _, c := range benches(b) {
		b.Run(c.name+"/transcode", func(b *testing.B) {
			b.SetBytes(int64(len(c.wire)))
			b.ReportAllocs()
			buf := make([]byte, 0, 2*len(c.json))
			for b.Loop() {
				var err error
				if buf, err = c.plan.AppendJSON(buf[:0], c.wire); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/transcode-no-buffer", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.plan.AppendJSON(nil, c.wire); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/protojson", func(b *testing.B) {
			b.SetBytes(int64(len(c.wire)))
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = (protojson.MarshalOptions{}).MarshalAppend(buf[:0], c.message); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLinear shows that time grows with the input and no faster, from one
// payment to 30 MiB of them.
func BenchmarkLinear(b *testing.B) {
	plan := compiled(b, &portonev2.GetPaymentsResponse{})
	for _, n := range []int{1, 100, 9000} {
		json := contracttest.PaymentsPage(n)
		wire, err := plan.AppendWire(nil, json, Strict)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("ToWire/%dKiB", len(json)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(json)))
			for b.Loop() {
				if wire, err = plan.AppendWire(wire[:0], json, Strict); err != nil {
					b.Fatal(err)
				}
			}
		})
		var out []byte
		b.Run(fmt.Sprintf("ToJSON/%dKiB", len(json)>>10), func(b *testing.B) {
			b.SetBytes(int64(len(json)))
			for b.Loop() {
				if out, err = plan.AppendJSON(out[:0], wire); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompile is what a program pays at its start: all RPCs of the contract.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	methods := contracttest.Methods()
	for b.Loop() {
		var cache Cache
		for _, method := range methods {
			if _, err := cache.Bind(methodOf(method)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
