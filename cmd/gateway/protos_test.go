package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/bufbuild/protocompile"

	portonev2 "github.com/portone-gateway/portone-gateway/gen/portone/v2"
)

// TestProtos writes the contract and compiles it from there and nothing else.
func TestProtos(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "protos")
	var stdout bytes.Buffer
	if err := Run([]string{"protos", folder}, &stdout, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	var paths []string
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{folder}})}
	files, err := compiler.Compile(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	payment := files.FindFileByPath("portone/v2/payment.proto")
	if got, want := payment.Services().Get(0).Methods().Len(), portonev2.File_portone_v2_payment_proto.Services().Get(0).Methods().Len(); got != want {
		t.Errorf("PaymentService has %d methods, want %d", got, want)
	}
	for _, path := range []string{"portone/events/v1/event_service.proto", "google/rpc/error_details.proto", "google/rpc/status.proto", "google/api/httpbody.proto"} {
		if files.FindFileByPath(path) == nil {
			t.Errorf("%s is not there", path)
		}
	}
}
