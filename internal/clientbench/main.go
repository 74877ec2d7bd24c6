// Command clientbench is what the clients of every language are tried against: a
// sandbox, a gateway in a process of its own in front of it, and before that a proxy
// that breaks what it is asked to break. clients/DESIGN.md, section Scenarios, says how
// it is used; clients/scenarios.json what is done with it.
//
// It listens on loopback, on ports that are free, prints where as one line of JSON,
// and ends when its standard input does, so that no test leaves it behind.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	if url := os.Getenv(envGateway); url != "" {
		exit(runGateway(url))
	}
	exit(run(os.Stdin, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "clientbench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// places are what run prints.
type places struct {
	Target  string `json:"target"`  // of gRPC, host:port
	Control string `json:"control"` // URL
}

// run serves until stdin ends.
func run(stdin io.Reader, stdout io.Writer) error {
	b, err := newBench()
	if err != nil {
		return err
	}
	defer b.close()
	control, err := listen()
	if err != nil {
		return err
	}
	defer control.Close()
	go func() { _ = http.Serve(control, b.control()) }()
	where := places{Target: b.proxy.listener.Addr().String(), Control: "http://" + control.Addr().String()}
	if err := json.NewEncoder(stdout).Encode(where); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, stdin)
	return err
}

func listen() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") }
