package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

// writePolicy writes a policy into a folder: for one caller, who reads as it likes, and
// may cancel what a condition with one comparison allows.
func writePolicy(folder string) (key, path string, err error) {
	key, hash, err := identity.NewKey("bench")
	if err != nil {
		return "", "", err
	}
	text := fmt.Sprintf(`version: 1
roles:
  read: [{rpcs: [PaymentService/Get*]}]
  cancel: [{rpcs: [PaymentService/CancelPayment], when: request.amount <= 100000}]
callers:
  bench: {is: [{key: %q, id: bench}], may: [read, cancel]}
`, hash.String())
	path = filepath.Join(folder, "policy.yaml")
	return key, path, os.WriteFile(path, []byte(text), 0o600)
}
