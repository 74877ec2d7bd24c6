package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSecretIsReadAgain changes the file of the secret in the ways in which it is
// done, and waits until PortOne gets the new one.
func TestSecretIsReadAgain(t *testing.T) {
	write := func(t *testing.T, path, secret string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(t *testing.T, from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	link := func(t *testing.T, to, at string) {
		t.Helper()
		if err := os.Symlink(to, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name   string
		file   string // where the gateway looks
		first  func(t *testing.T, folder string)
		change func(t *testing.T, folder string)
	}{
		{"written", "secret",
			func(t *testing.T, folder string) { write(t, folder+"/secret", "first") },
			func(t *testing.T, folder string) { write(t, folder+"/secret", "second") }},
		{"replaced by a file of the same length", "secret",
			func(t *testing.T, folder string) { write(t, folder+"/secret", "first ") },
			func(t *testing.T, folder string) {
				write(t, folder+"/new", "second")
				replace(t, folder+"/new", folder+"/secret")
			}},
		{"as Kubernetes mounts it", "secret",
			func(t *testing.T, folder string) {
				for name, secret := range map[string]string{"..1": "first", "..2": "second"} {
					if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
						t.Fatal(err)
					}
					write(t, filepath.Join(folder, name, "secret"), secret)
				}
				link(t, "..1", folder+"/..data")
				link(t, "..data/secret", folder+"/secret")
			},
			func(t *testing.T, folder string) {
				link(t, "..2", folder+"/..new")
				replace(t, folder+"/..new", folder+"/..data")
			}},
		{"while it is written, nothing is there", "secret",
			func(t *testing.T, folder string) { write(t, folder+"/secret", "first") },
			func(t *testing.T, folder string) {
				write(t, folder+"/secret", "")
				write(t, folder+"/secret", "second")
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			test.first(t, folder)
			portone := newStub(t, nil)
			// The file comes before the variable.
			p := startWith(t, []string{"PORTONE_GATEWAY_API_SECRET_FILE=" + filepath.Join(folder, test.file), "PORTONE_API_SECRET=other",
				"PORTONE_GATEWAY_UPSTREAM_URL=" + portone.url})
			conn := p.dial(t)
			used := func() string {
				if _, err := pay(t.Context(), conn, "payment-1"); err != nil {
					t.Fatal(err)
				}
				seen := portone.headers()
				return seen[len(seen)-1].Get("Authorization")
			}
			if got := used(); got != "PortOne first" {
				t.Fatalf("PortOne gets %q", got)
			}
			test.change(t, folder)
			await(t, "the new secret at PortOne", func() bool {
				got := used()
				if got != "PortOne first" && got != "PortOne second" {
					t.Fatalf("PortOne gets %q", got)
				}
				return got == "PortOne second"
			})
		})
	}
}
