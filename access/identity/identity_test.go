package identity_test

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[a-z0-9-]{1,40}`).Draw(t, "id")
		key, hash, err := identity.NewKey(id)
		if err != nil {
			t.Fatal(err)
		}
		if hash != sha256.Sum256([]byte(key)) {
			t.Fatal("the hash is another one")
		}
		if read, err := identity.ParseKeyHash(hash.String()); err != nil || read != hash {
			t.Fatalf("%v reads as %v, %v", hash, read, err)
		}
		for _, scheme := range []string{"PortOne ", "portone ", "Bearer ", "bearer "} {
			p, err := identity.Present(http.Header{"Authorization": {scheme + key}}, nil, nil)
			if err != nil || p.KeyID != id || p.KeyHash != hash {
				t.Fatalf("%s presents key %q, %v", scheme, p.KeyID, err)
			}
		}
	})
}

func TestKeyIDs(t *testing.T) {
	for id, fine := range map[string]bool{
		"php-2026": true, "a": true, strings.Repeat("a", 40): true,
		"": false, strings.Repeat("a", 41): false, "A": false, "a_b": false, "a b": false, "키": false,
	} {
		if _, _, err := identity.NewKey(id); (err == nil) != fine {
			t.Errorf("key id %q: %v", id, err)
		}
	}
}

func TestKeyHashes(t *testing.T) {
	key, _, err := identity.NewKey("php")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		key:                                 "is a key itself",
		"":                                  "64 hexadecimal digits",
		"sha256:":                           "64 hexadecimal digits",
		strings.Repeat("a", 64):             "64 hexadecimal digits",
		"sha256:" + strings.Repeat("g", 64): "64 hexadecimal digits",
	} {
		_, err := identity.ParseKeyHash(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.12s...: the error is %v, want one with %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), key) {
			t.Error("the error shows the key")
		}
	}
}

func TestSPIFFE(t *testing.T) {
	for id, fine := range map[string]bool{
		"spiffe://example.com":                              true,
		"spiffe://example.com/ns/shop/sa/checkout":          true,
		"spiffe://td_1-a/A.b":                               true,
		"spiffe://example.com/":                             false,
		"spiffe://example.com//a":                           false,
		"spiffe://example.com/a/":                           false,
		"spiffe://example.com/a/../b":                       false,
		"spiffe://example.com/./b":                          false,
		"spiffe://Example.com/a":                            false,
		"SPIFFE://example.com/a":                            false,
		"spiffe://example.com:443/a":                        false,
		"spiffe://user@example.com/a":                       false,
		"spiffe://example.com/a?b":                          false,
		"spiffe://example.com/a#b":                          false,
		"spiffe://example.com/%61":                          false,
		"spiffe:///a":                                       false,
		"https://example.com/a":                             false,
		"spiffe://example.com/" + strings.Repeat("a", 2048): false,
	} {
		if err := identity.CheckSPIFFE(id); (err == nil) != fine {
			t.Errorf("%s: %v", id, err)
		}
	}
	if domain := identity.TrustDomain("spiffe://example.com/a"); domain != "example.com" {
		t.Errorf("the trust domain is %q", domain)
	}
}

const (
	checkout = "spiffe://example.com/ns/shop/sa/checkout"
	proxy    = "spiffe://example.com/ns/mesh/sa/proxy"
)

func TestXFCC(t *testing.T) {
	proxies := &identity.Proxies{UIDs: map[uint32]bool{1337: true}}
	fromProxy := &identity.Peer{Unix: &identity.UnixPeer{UID: 1337}}
	for header, uri := range map[string]string{
		"URI=" + checkout: checkout,
		"uri=" + checkout: checkout,
		`By=spiffe://example.com/gw;Hash=ab;Subject="CN=a, \"b\";c";URI=` + checkout: checkout,
		`URI="` + checkout + `"`:                     checkout,
		`By=x;URI=` + checkout + `;DNS=a;DNS=b`:      checkout,
		"":                                           "",
		"By=x":                                       "",
		"URI=":                                       "",
		"URI=https://example.com":                    "",
		"URI=" + checkout + ";URI=" + proxy:          "",
		"URI=" + checkout + ";URI=" + checkout:       "",
		"URI=" + checkout + ",URI=" + proxy:          "",
		"URI=" + checkout + ",By=x":                  "",
		"By=x,URI=" + checkout:                       "",
		`Hash=",URI=` + checkout:                     "",
		`Hash=",By=x;Subject="CN=a";URI=` + checkout: "",
		`Hash=a"b;URI=` + checkout:                   "",
		`Subject="a\`:                                "",
		"URI=" + checkout + ";":                      "",
		";URI=" + checkout:                           "",
		" URI=" + checkout:                           "",
		strings.Repeat("A=b;", 5000) + "URI=" + checkout: "",
	} {
		p, err := identity.Present(http.Header{"X-Forwarded-Client-Cert": {header}}, fromProxy, proxies)
		if (err == nil) != (uri != "") || err == nil && p.Mesh != uri {
			t.Errorf("%.80s: speaks for %q, %v", header, p.Mesh, err)
		}
	}
}

func TestWhoMaySpeakForOthers(t *testing.T) {
	header := http.Header{"X-Forwarded-Client-Cert": {"URI=" + checkout}}
	proxies := &identity.Proxies{
		SPIFFE: map[string]bool{proxy: true}, UIDs: map[uint32]bool{1337: true},
		Nets: []netip.Prefix{netip.MustParsePrefix("127.0.0.6/32")},
	}
	for name, test := range map[string]struct {
		peer    *identity.Peer
		proxies *identity.Proxies
		mesh    string
		err     bool
	}{
		"switched off":               {&identity.Peer{Unix: &identity.UnixPeer{UID: 1337}}, nil, "", false},
		"proxy's uid":                {&identity.Peer{Unix: &identity.UnixPeer{UID: 1337}}, proxies, checkout, false},
		"proxy's certificate":        {&identity.Peer{Cert: &identity.Cert{SPIFFE: proxy}}, proxies, checkout, false},
		"proxy's address":            {&identity.Peer{Addr: netip.MustParseAddr("::ffff:127.0.0.6")}, proxies, checkout, false},
		"another uid":                {&identity.Peer{Unix: &identity.UnixPeer{UID: 1}}, proxies, "", true},
		"another address":            {&identity.Peer{Addr: netip.MustParseAddr("127.0.0.1")}, proxies, "", true},
		"no identity":                {&identity.Peer{}, proxies, "", true},
		"no peer":                    {nil, proxies, "", true},
		"certificate without SPIFFE": {&identity.Peer{Cert: &identity.Cert{}}, proxies, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := identity.Present(header, test.peer, test.proxies)
			if (err != nil) != test.err || p.Mesh != test.mesh {
				t.Errorf("speaks for %q, %v", p.Mesh, err)
			}
			if test.mesh != "" && (p.Cert != nil || p.Unix != nil) {
				t.Error("the proxy's own credentials are presented too")
			}
		})
	}
	twice := http.Header{"X-Forwarded-Client-Cert": {"URI=" + checkout, "URI=" + checkout}}
	if _, err := identity.Present(twice, &identity.Peer{Unix: &identity.UnixPeer{UID: 1337}}, proxies); err == nil {
		t.Error("a header that stands twice is believed")
	}
}

func TestAuthorization(t *testing.T) {
	key, _, err := identity.NewKey("php")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		values []string
		key    bool
		token  string
		err    bool
	}{
		"none":                   {},
		"key":                    {values: []string{"PortOne " + key}, key: true},
		"placeholder":            {values: []string{"PortOne unused"}},
		"PortOne's own secret":   {values: []string{"PortOne " + strings.Repeat("aB3", 20)}},
		"token":                  {values: []string{"Bearer a.b.c"}, token: "a.b.c"},
		"two headers":            {values: []string{"PortOne " + key, "PortOne " + key}, err: true},
		"placeholder and key":    {values: []string{"PortOne x", "PortOne " + key}, err: true},
		"joined":                 {values: []string{"PortOne " + key + ", PortOne " + key}, err: true},
		"no scheme":              {values: []string{key}, err: true},
		"empty":                  {values: []string{""}, err: true},
		"other scheme":           {values: []string{"Basic " + key}, err: true},
		"key cut short":          {values: []string{"PortOne " + key[:len(key)-1]}, err: true},
		"key and more":           {values: []string{"PortOne " + key + " "}, err: true},
		"key with upper case id": {values: []string{"PortOne " + strings.Replace(key, "php", "PHP", 1)}, err: true},
		"two spaces":             {values: []string{"PortOne  " + key}},
		"token as PortOne":       {values: []string{"PortOne a.b.c"}},
		"no token":               {values: []string{"Bearer abc"}, err: true},
		"many dots":              {values: []string{"Bearer " + strings.Repeat(".", 5000)}, err: true},
		"long token":             {values: []string{"Bearer a." + strings.Repeat("b", 9000) + ".c"}, err: true},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := identity.Present(http.Header{"Authorization": test.values}, nil, nil)
			if (err != nil) != test.err {
				t.Fatalf("the error is %v", err)
			}
			if err != nil {
				if strings.Contains(err.Error(), key) {
					t.Error("the error shows the key")
				}
				return
			}
			if (p.KeyID != "") != test.key || p.Token != test.token || p.None() != (!test.key && test.token == "") {
				t.Errorf("presents key %q, token %q", p.KeyID, p.Token)
			}
		})
	}
}

func FuzzXFCC(f *testing.F) {
	f.Add("By=x;URI=" + checkout)
	f.Add(`Subject="a,b";URI=` + checkout)
	peer := &identity.Peer{Unix: &identity.UnixPeer{UID: 1}}
	proxies := &identity.Proxies{UIDs: map[uint32]bool{1: true}}
	f.Fuzz(func(t *testing.T, header string) {
		p, err := identity.Present(http.Header{"X-Forwarded-Client-Cert": {header}}, peer, proxies)
		if err == nil && (identity.CheckSPIFFE(p.Mesh) != nil || !strings.Contains(header, p.Mesh)) {
			t.Fatalf("%q speaks for %q", header, p.Mesh)
		}
	})
}
