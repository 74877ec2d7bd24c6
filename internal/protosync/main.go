// Command protosync keeps proto/ in step with PortOne's OpenAPI document.
//
//	go run ./internal/protosync -openapi portone-v2.openapi.json
//
// It reads the document and the present proto/, and writes proto/: every
// operation becomes an RPC, every schema that a request, an answer or an error
// needs becomes a message or an enum, as doc comments in contract.go say.
//
// What callers rely on never changes: present field numbers, enum numbers, names,
// comments and order are kept, new things are appended with the next number, and
// what the document no longer has stays and is marked deprecated. A change that
// would break callers stops the run before anything is written, with a line that
// says what and what a person can decide. A second run on the same document
// changes nothing.
//
// Comments are not generated: the document's sentences are PortOne's. Whoever
// syncs writes them into proto/, where they stay; `buf lint` lists the services,
// RPCs and enums that lack one, and the summary counts them.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the command line of protosync.
type settings struct {
	openapi string   // path of the OpenAPI document
	proto   string   // root folder of the protos, which holds portone/v2
	check   bool     // write nothing, fail if anything would change
	retype  nameList // fields ("Message.field") whose new message type is accepted
}

// run is main without the process: it returns the exit status, which is 0 when
// proto/ is in step, 1 when it could not be or (with -check) is not, and 2 when
// the command line is wrong.
func run(args []string, stdout, stderr io.Writer) int {
	var s settings
	flags := flag.NewFlagSet("protosync", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.openapi, "openapi", "", "the OpenAPI `file` of PortOne's API V2 (required)")
	flags.StringVar(&s.proto, "proto", "proto", "the `folder` that holds portone/v2/*.proto")
	flags.BoolVar(&s.check, "check", false, "write nothing; exit with 1 if proto/ is not in step with the document")
	flags.Var(&s.retype, "accept-retype", "`Message.field` whose type may become another message of the same wire form; may be repeated")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if s.openapi == "" || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "protosync: usage: protosync -openapi FILE [-proto FOLDER] [-check] [-accept-retype Message.field]...")
		return 2
	}
	if err := syncProto(s, stdout); err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			fmt.Fprintln(stderr, "protosync:", line)
		}
		return 1
	}
	return 0
}

// syncProto brings s.proto in step with s.openapi, or says why it cannot; then
// it has written nothing.
func syncProto(s settings, stdout io.Writer) error {
	text, err := os.ReadFile(s.openapi)
	if err != nil {
		return err
	}
	document, err := readDocument(s.openapi, text)
	if err != nil {
		return err
	}
	want, err := newContract(document)
	if err != nil {
		return err
	}
	present, err := readProtos(s.proto)
	if err != nil {
		return err
	}
	merged, err := merge(present, want, s.retype)
	if err != nil {
		return err
	}
	printed, err := printProtos(present)
	if err != nil {
		return err
	}
	changed, err := changedFiles(s.proto, printed)
	if err != nil {
		return err
	}
	if s.check && len(changed) > 0 {
		return fmt.Errorf("%s is not in step with %s: %s would change", s.proto, s.openapi, strings.Join(changed, ", "))
	}
	if err := writeProtos(s.proto, printed, changed); err != nil {
		return err
	}
	fmt.Fprint(stdout, merged)
	return nil
}

// nameList is a flag that may be given several times.
type nameList []string

// String implements flag.Value.
func (l *nameList) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *nameList) Set(name string) error {
	*l = append(*l, name)
	return nil
}
