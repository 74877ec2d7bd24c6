package transcode

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// bodyOf is a body of 4 MiB that a call may have, of members that one has.
func bodyOf(member func(i int) string) []byte {
	body := []byte{'{'}
	for i := 0; len(body) < 4<<20-200_000; i++ {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, member(i)...)
	}
	return append(body, '}')
}

// partners is a body of members that the contract knows, as many as come to 4 MiB.
func partners() []byte {
	one := `{"id":"partner-%d","name":"Partner","contact":{"name":"Hong","phoneNumber":"01012345678","email":"a@example.com"},"platformContractId":"c","memo":"none","tags":["a","b"]}`
	list := bodyOf(func(i int) string { return fmt.Sprintf(one, i) })
	return []byte(`{"partners":[` + string(list[1:len(list)-1]) + `]}`)
}

// BenchmarkUnknownMembers is a request by REST from HTTP to HTTP, of the size that a
// request may have, with members that the contract does not know, beside ones that it
// does.
func BenchmarkUnknownMembers(b *testing.B) {
	for _, bench := range []struct {
		name string
		body []byte
	}{
		{"known", partners()},
		{"many", bodyOf(func(i int) string { return fmt.Sprintf(`"m%06d":1`, i) })},
		{"many in one", []byte(`{"x":` + string(bodyOf(func(i int) string { return fmt.Sprintf(`"m%06d":1`, i) })) + `}`)},
		{"objects of some", []byte(`{"x":[` + strings.Trim(string(bytes.Repeat(append([]byte(","), []byte(`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}`)...), 80_000)), ",") + `]}`)},
		{"few", bodyOf(func(i int) string { return fmt.Sprintf(`"m%06d":%q`, i, strings.Repeat("x", 100_000)) })},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.body)))
			b.ReportAllocs()
			c := call(b, "CreatePlatformPartners")
			for b.Loop() {
				var r Request
				wire, err := c.WireFromHTTP(nil, nil, "", bench.body)
				if err == nil {
					err = c.SetRequest(&r, wire, plenty)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
