package rest_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain sets how many documents a property draws: few enough that `go test`
// takes seconds over all operations. For more,
//
//	go test ./rest -rapid.checks 400 -rapid.shrinktime 5s
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "5"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
