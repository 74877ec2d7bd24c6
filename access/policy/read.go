package policy

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/access/identity"
	"github.com/portone-gateway/portone-gateway/access/view"
)

// section reads a part of the document; later ones refer to earlier ones, wherever
// they stand in the file.
type section struct {
	name string
	read func(r *reader, d *document, n *yaml.Node)
}

var sections = []section{
	{"version", readVersion},
	{"mode", func(r *reader, d *document, n *yaml.Node) {
		d.mode = Mode(r.oneOf(n, "mode", string(Enforce), string(Shadow)))
	}},
	{"secrets", readSecrets},
	{"stores", readStores},
	{"issuers", readIssuers},
	{"mesh", readMesh},
	{"defaults", readDefaults},
	{"roles", readRoles},
	{"callers", readCallers},
}

// read reads the document.
func (r *reader) read(root *yaml.Node, ops []*operation) *document {
	d := &document{
		mode: Enforce, reflection: ReflectionCallers, strict: "refuse", ops: ops, byName: make(map[string]*operation),
		secrets: make(map[string]*Secret), stores: make(map[string]*Store), issuers: make(map[string]*Issuer), roles: make(map[string]*role),
	}
	for _, op := range ops {
		d.byName[op.name] = op
	}
	found := make(map[string]*yaml.Node)
	fields := make(map[string]func(*yaml.Node))
	for _, s := range sections {
		fields[s.name] = func(n *yaml.Node) { found[s.name] = n }
	}
	r.object(root, "a policy", fields)
	for _, s := range sections {
		if n := found[s.name]; n != nil {
			s.read(r, d, n)
		}
	}
	if found["version"] == nil {
		r.fail(at(root), "version: 1 is missing")
	}
	if found["callers"] == nil {
		r.fail(at(root), "callers are missing: no one could call; for that, write callers: {}")
	}
	return d
}

func readVersion(r *reader, _ *document, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.Value != "1" || n.Tag != "!!int" {
		r.fail(at(n), "version must be 1")
	}
}

func readSecrets(r *reader, d *document, n *yaml.Node) {
	files := make(map[string]string)
	for _, p := range r.named(n, "secrets") {
		s := &Secret{Name: p.key.Value, at: at(p.key)}
		r.object(p.value, "a secret", map[string]func(*yaml.Node){
			"file":  func(n *yaml.Node) { s.File = r.text(n, "file") },
			"env":   func(n *yaml.Node) { s.Env = r.text(n, "env") },
			"store": func(n *yaml.Node) { s.StoreID = r.text(n, "store") },
		})
		if (s.File == "") == (s.Env == "") {
			r.fail(s.at, "secret %s must have a file, or env, and not both", s.Name)
		}
		if s.File != "" && !filepath.IsAbs(s.File) {
			r.fail(s.at, "secret %s: file must be an absolute path", s.Name)
		}
		source := s.File + "\x00" + s.Env
		if other := files[source]; other != "" {
			r.fail(s.at, "secrets %s and %s are the same", other, s.Name)
		}
		files[source] = s.Name
		d.secrets[s.Name] = s
	}
	if len(d.secrets) == 0 {
		r.fail(at(n), "secrets are empty; without secrets of its own, a policy leaves them out")
	}
}

func readStores(r *reader, d *document, n *yaml.Node) {
	ids := make(map[string]string)
	for _, p := range r.named(n, "stores") {
		s := &Store{Name: p.key.Value, at: at(p.key)}
		r.object(p.value, "a store", map[string]func(*yaml.Node){
			"id": func(n *yaml.Node) { s.ID = r.text(n, "id") },
			"secret": func(n *yaml.Node) {
				s.Secret = d.secretNamed(r, n)
			},
		})
		switch {
		case s.ID == "":
			r.fail(s.at, "store %s has no id", s.Name)
		case ids[s.ID] != "":
			r.fail(s.at, "stores %s and %s are the same", ids[s.ID], s.Name)
		}
		if s.Secret == nil {
			if s.Secret = d.onlySecret(); s.Secret == nil {
				r.fail(s.at, "store %s has no secret", s.Name)
			}
		}
		ids[s.ID] = s.Name
		d.stores[s.Name] = s
	}
}

// secretNamed finds the secret that a text names.
func (d *document) secretNamed(r *reader, n *yaml.Node) *Secret {
	name := r.text(n, "secret")
	if len(d.secrets) == 0 && name == DefaultSecret {
		return d.onlySecret()
	}
	s := d.secrets[name]
	if s == nil && name != "" {
		r.fail(at(n), "there is no secret %s%s", name, didYouMean(name, keysOf(d.secrets)))
	}
	return s
}

// onlySecret is the one secret, or nil where there are several.
func (d *document) onlySecret() *Secret {
	if len(d.secrets) == 0 {
		d.secrets[DefaultSecret] = &Secret{Name: DefaultSecret}
	}
	if len(d.secrets) > 1 {
		return nil
	}
	for _, s := range d.secrets {
		return s
	}
	return nil
}

func keysOf[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

func readIssuers(r *reader, d *document, n *yaml.Node) {
	seen := make(map[string]string)
	for _, p := range r.named(n, "issuers") {
		i := &Issuer{Name: p.key.Value, at: at(p.key)}
		r.object(p.value, "an issuer", map[string]func(*yaml.Node){
			"issuer": func(n *yaml.Node) { i.Issuer = r.text(n, "issuer") },
			"audience": func(n *yaml.Node) {
				if n.Kind == yaml.SequenceNode {
					i.Audiences = r.texts(n, "audience")
					return
				}
				i.Audiences = []string{r.text(n, "audience")}
			},
			"jwks": func(n *yaml.Node) { i.JWKS = r.jwks(n) },
			"ca":   func(n *yaml.Node) { i.CA = r.absolute(n, "ca") },
			"algorithms": func(n *yaml.Node) {
				for _, item := range r.items(n, "algorithms") {
					i.Algorithms = append(i.Algorithms, r.oneOf(item, "an algorithm", identity.Algorithms...))
				}
			},
			"claims": func(n *yaml.Node) { i.Claims = r.texts(n, "claims") },
		})
		for what, missing := range map[string]bool{
			"issuer": i.Issuer == "", "audience": len(i.Audiences) == 0, "jwks": i.JWKS == "", "algorithms": len(i.Algorithms) == 0,
		} {
			if missing {
				r.fail(i.at, "issuer %s has no %s", i.Name, what)
			}
		}
		if other := seen[i.Issuer]; other != "" {
			r.fail(i.at, "issuers %s and %s are the same; one can have several audiences", other, i.Name)
		}
		seen[i.Issuer] = i.Name
		d.issuers[i.Name] = i
	}
}

// jwks reads where keys are: a file, https, or http on this machine.
func (r *reader) jwks(n *yaml.Node) string {
	text := r.text(n, "jwks")
	if text == "" || filepath.IsAbs(text) {
		return text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		r.fail(at(n), "jwks must be the absolute path of a file, or a URL that begins with https://")
		return ""
	}
	addr, err := netip.ParseAddr(u.Hostname())
	loopback := u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		r.fail(at(n), "jwks must begin with https://: whoever can change it on its way can be any caller")
		return ""
	}
	return text
}

func (r *reader) absolute(n *yaml.Node, what string) string {
	text := r.text(n, what)
	if text != "" && !filepath.IsAbs(text) {
		r.fail(at(n), "%s must be an absolute path", what)
	}
	return text
}

func readMesh(r *reader, d *document, n *yaml.Node) {
	d.proxies = &identity.Proxies{SPIFFE: make(map[string]bool), UIDs: make(map[uint32]bool)}
	count := 0
	r.object(n, "mesh", map[string]func(*yaml.Node){"proxies": func(n *yaml.Node) {
		for _, item := range r.items(n, "proxies") {
			count++
			r.object(item, "a proxy", map[string]func(*yaml.Node){
				"spiffe": func(n *yaml.Node) { d.proxies.SPIFFE[r.spiffe(n, "spiffe")] = true },
				"uid":    func(n *yaml.Node) { d.proxies.UIDs[uint32(r.number(n, "uid", 0, 1<<32-1))] = true },
				"net": func(n *yaml.Node) {
					net, err := netip.ParsePrefix(r.text(n, "net"))
					if err != nil {
						r.fail(at(n), "net must be like 127.0.0.6/32")
						return
					}
					d.proxies.Nets = append(d.proxies.Nets, net.Masked())
				},
			})
			if len(item.Content) > 2 {
				r.fail(at(item), "a proxy has one of spiffe, uid and net; each of the list is believed")
			}
		}
	}})
	if count == 0 {
		r.fail(at(n), "mesh names no proxies whose header is believed")
	}
}

func (r *reader) spiffe(n *yaml.Node, what string) string {
	text := r.text(n, what)
	if text != "" {
		if err := identity.CheckSPIFFE(text); err != nil {
			r.fail(at(n), "%s: the SPIFFE ID %s", what, err)
		}
	}
	return text
}

func readDefaults(r *reader, d *document, n *yaml.Node) {
	r.object(n, "defaults", map[string]func(*yaml.Node){
		"limit":        func(n *yaml.Node) { d.limit = r.limit(n) },
		"unrecognized": func(n *yaml.Node) { d.unknown, d.strict = r.unrecognized(n) },
		"reflection": func(n *yaml.Node) {
			d.reflection = Reflection(r.oneOf(n, "reflection", string(ReflectionCallers), string(ReflectionAll), string(ReflectionNone)))
		},
		"require_idempotency_key": func(n *yaml.Node) { d.requireKey = r.boolean(n, "require_idempotency_key") },
	})
}

// unrecognized reads refuse, allow, or a list of names.
func (r *reader) unrecognized(n *yaml.Node) (view.Unknown, string) {
	if n.Kind != yaml.SequenceNode {
		word := r.oneOf(n, "unrecognized", "refuse", "allow")
		return view.Unknown{Allow: word == "allow"}, word
	}
	names := r.texts(n, "unrecognized")
	slices.Sort(names)
	u := view.Unknown{Names: make(map[string]bool)}
	for _, name := range names {
		u.Names[name] = true
	}
	return u, fmt.Sprintf("%q", strings.Join(names, "\x00"))
}
