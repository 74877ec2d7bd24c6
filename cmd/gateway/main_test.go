package main

import (
	"os"
	"testing"
)

// envAsGateway makes the test binary the program itself, so that tests run the
// real one, as a process, without building it.
const envAsGateway = "GATEWAY_TEST_AS_GATEWAY"

func TestMain(m *testing.M) {
	if os.Getenv(envAsGateway) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}
