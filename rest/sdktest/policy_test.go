package sdktest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portone-gateway/portone-gateway/access"
	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/policy"
	"github.com/portone-gateway/portone-gateway/contract"
	"github.com/portone-gateway/portone-gateway/internal/gatewaytest"
	"github.com/portone-gateway/portone-gateway/service"
)

// withPolicy is a gateway that takes no one's calls but those with a key, which may make
// all of them.
func withPolicy(t *testing.T) (key string, options gatewaytest.Options) {
	t.Helper()
	key, hash, err := identity.NewKey("sdk")
	if err != nil {
		t.Fatal(err)
	}
	var rpcs []string
	for _, m := range contract.Methods() {
		name := m.Service[strings.LastIndexByte(m.Service, '.')+1:] + "/*"
		if name != "AuthService/*" && !slices.Contains(rpcs, name) {
			rpcs = append(rpcs, name)
		}
	}
	text := fmt.Sprintf("version: 1\nroles: {all: [{rpcs: [%s]}]}\ncallers: {sdk: {is: [{key: %q, id: sdk}], may: [all]}}\n", strings.Join(rpcs, ", "), hash)
	path := filepath.Join(t.TempDir(), "policy")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := access.New(access.Options{PolicyFile: path, Open: func(*policy.Secret) (access.Account, error) { return nil, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return key, gatewaytest.Options{Service: func(o *service.Options) { o.Access = a }}
}
