package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// faultHeader is the metadata that asks the proxy for a fault. It holds for the first
// RPC that has it in a scenario; `then` for the second.
const faultHeader = "X-Bench"

// fault is what the proxy does to an RPC. The grammar, by semicolons:
//
//	502=before, rst=before, close=before   a bare 502, RST_STREAM, the end of the connection; the gateway sees nothing
//	502=after, rst=after, close=after      the same in place of the answer
//	status=13                              a status without details, from the proxy; with ;after in place of the answer
//	foreign                                INTERNAL with an ErrorInfo of a mesh; with ;after in place of the answer
//	kill                                   the gateway is killed when PortOne has the request, and started again
//	away=3s                                ... after that time
//	then=7                                 the second RPC gets that status
type fault struct {
	kind  string // 502, rst, close, status, foreign or kill
	after bool
	code  int
	away  time.Duration
	then  int // 0: no
}

// parseFault reads the metadata.
func parseFault(text string) (fault, error) {
	var f fault
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		var err error
		switch name {
		case "502", "rst", "close":
			f.kind, f.after = name, value == "after"
			if value != "after" && value != "before" {
				err = fmt.Errorf("is before or after, not %q", value)
			}
		case "after":
			f.after = true
		case "foreign", "kill":
			f.kind = name
		case "status":
			f.kind = name
			f.code, err = strconv.Atoi(value)
		case "then":
			f.then, err = strconv.Atoi(value)
		case "away":
			f.away, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("is no fault")
		}
		if err != nil {
			return fault{}, fmt.Errorf("%s: %s: %w", faultHeader, name, err)
		}
	}
	return f, nil
}
