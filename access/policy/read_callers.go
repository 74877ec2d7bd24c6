package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/portone-gateway/portone-gateway/access/identity"
)

func readCallers(r *reader, d *document, n *yaml.Node) {
	for _, p := range r.named(n, "callers") {
		c := &Caller{Name: p.key.Value, at: at(p.key), Limit: d.limit, RequireKey: d.requireKey, unknown: d.unknown, strict: d.strict}
		r.object(p.value, "a caller", map[string]func(*yaml.Node){
			"is": func(n *yaml.Node) {
				for _, item := range r.items(n, "is") {
					c.entries = append(c.entries, r.entry(d, c, item))
				}
			},
			"may":                     func(n *yaml.Node) { c.roles = r.rolesNamed(d, n) },
			"on":                      func(n *yaml.Node) { r.on(d, c, n) },
			"secret":                  func(n *yaml.Node) { c.Secret = d.secretNamed(r, n) },
			"limit":                   func(n *yaml.Node) { c.Limit = r.limit(n) },
			"unrecognized":            func(n *yaml.Node) { c.unknown, c.strict = r.unrecognized(n) },
			"require_idempotency_key": func(n *yaml.Node) { c.RequireKey = r.boolean(n, "require_idempotency_key") },
		})
		d.callers = append(d.callers, c)
	}
}

func (r *reader) rolesNamed(d *document, n *yaml.Node) (roles []*role) {
	for _, item := range r.items(n, "may") {
		name := r.text(item, "a role")
		role := d.roles[name]
		switch {
		case role == nil && name != "":
			r.fail(at(item), "there is no role %s%s", name, didYouMean(name, keysOf(d.roles)))
		case slices.Contains(roles, role):
			r.fail(at(item), "role %s stands twice", name)
		case role != nil:
			roles = append(roles, role)
		}
	}
	return roles
}

// on reads the stores that a caller is confined to.
func (r *reader) on(d *document, c *Caller, n *yaml.Node) {
	items := r.items(n, "on")
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		r.fail(at(n), "on is empty; a caller that is not confined to stores leaves it out and has a secret")
	}
	c.on = make(map[string]*Store)
	for _, item := range items {
		name := r.text(item, "a store")
		store := d.stores[name]
		switch {
		case store == nil && name != "":
			r.fail(at(item), "there is no store %s%s", name, didYouMean(name, keysOf(d.stores)))
		case store != nil && c.on[store.ID] != nil:
			r.fail(at(item), "store %s stands twice", name)
		case store != nil:
			c.on[store.ID] = store
			c.Stores = append(c.Stores, store)
		}
	}
	for i, store := range c.Stores {
		if i == 0 {
			c.only = store.Secret
		} else if c.only != store.Secret {
			c.only = nil
		}
	}
}

// entry reads one of the ways by which a caller is known.
func (r *reader) entry(d *document, c *Caller, n *yaml.Node) *entry {
	e := &entry{caller: c, at: at(n)}
	var id, until, claims *yaml.Node
	r.object(n, "an identity", map[string]func(*yaml.Node){
		"spiffe": func(n *yaml.Node) { r.spiffePattern(e, n) },
		"dns":    func(n *yaml.Node) { e.dns = r.dns(n) },
		"mesh":   func(n *yaml.Node) { e.mesh = r.spiffe(n, "mesh") },
		"key":    func(n *yaml.Node) { e.key = r.key(n) },
		"id":     func(n *yaml.Node) { id = n },
		"until":  func(n *yaml.Node) { until = n },
		"issuer": func(n *yaml.Node) { e.issuer = r.issuerNamed(d, n) },
		"claims": func(n *yaml.Node) { claims = n },
		"uid":    func(n *yaml.Node) { e.uid = r.unixID(n, "uid") },
		"gid":    func(n *yaml.Node) { e.gid = r.unixID(n, "gid") },
	})
	r.keyParts(e, id, until)
	r.claims(e, claims)
	if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		r.fail(at(n), "an identity has nothing by which it could be known")
	}
	return e
}

// spiffePattern reads a SPIFFE ID, or one whose last segment is a *.
func (r *reader) spiffePattern(e *entry, n *yaml.Node) {
	text := r.text(n, "spiffe")
	if prefix, ok := strings.CutSuffix(text, "/*"); ok {
		if err := identity.CheckSPIFFE(prefix); err != nil {
			r.fail(at(n), "spiffe: the SPIFFE ID %s", err)
		}
		e.spiffe, e.prefix = prefix, true
		return
	}
	if strings.Contains(text, "*") {
		r.fail(at(n), "spiffe: a * stands for the whole last segment of a path, and for nothing else")
		return
	}
	e.spiffe = r.spiffe(n, "spiffe")
}

// dns reads a name as certificates have it.
func (r *reader) dns(n *yaml.Node) string {
	text := r.text(n, "dns")
	if text != strings.ToLower(text) || strings.ContainsAny(text, "*/: ") || strings.HasSuffix(text, ".") {
		r.fail(at(n), "dns must be a name in lower case, without *, port or last dot")
	}
	return text
}

func (r *reader) key(n *yaml.Node) *key {
	text := r.text(n, "key")
	if text == "" {
		return nil
	}
	hash, err := identity.ParseKeyHash(text)
	if err != nil {
		r.fail(at(n), "key %s", err)
	}
	return &key{hash: hash, at: at(n)}
}

// keyParts reads what belongs to a key.
func (r *reader) keyParts(e *entry, id, until *yaml.Node) {
	switch {
	case e.key == nil && id != nil:
		r.fail(at(id), "id belongs to a key, and there is none")
	case e.key == nil && until != nil:
		r.fail(at(until), "until belongs to a key, and there is none")
	case e.key != nil && id == nil:
		r.fail(e.at, "a key needs its id")
	}
	if e.key == nil {
		return
	}
	e.key.entry = e
	if id != nil {
		e.key.id = id.Value
		if err := identity.CheckKeyID(id.Value); err != nil || id.Kind != yaml.ScalarNode {
			r.fail(at(id), "the id of a key must be of a-z, 0-9 and -, and have 1 to %d characters", identity.MaxKeyID)
		}
	}
	if until != nil {
		e.key.until = r.until(until)
	}
}

// until reads a day, which is the last one, or an instant.
func (r *reader) until(n *yaml.Node) time.Time {
	if day, err := time.Parse(time.DateOnly, n.Value); err == nil {
		return day.AddDate(0, 0, 1)
	}
	instant, err := time.Parse(time.RFC3339, n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		r.fail(at(n), "until must be a day, such as 2027-12-31, which is the last in UTC, or an instant, such as 2027-12-31T18:00:00+09:00")
	}
	return instant
}

func (r *reader) issuerNamed(d *document, n *yaml.Node) *Issuer {
	name := r.text(n, "issuer")
	issuer := d.issuers[name]
	if issuer == nil && name != "" {
		r.fail(at(n), "there is no issuer %s%s", name, didYouMean(name, keysOf(d.issuers)))
	}
	return issuer
}

// claims reads what a token must say.
func (r *reader) claims(e *entry, n *yaml.Node) {
	if n == nil {
		if e.issuer != nil {
			r.fail(e.at, "an identity by tokens needs claims: without them, every token of the issuer would do")
		}
		return
	}
	if e.issuer == nil {
		r.fail(at(n), "claims need the issuer of the token")
		return
	}
	for _, p := range r.pairs(n, "claims") {
		values := []*yaml.Node{p.value}
		if p.value.Kind == yaml.SequenceNode {
			values = p.value.Content
		}
		for _, value := range values {
			e.claims = append(e.claims, claim{p.key.Value, r.text(value, "a claim")})
		}
		if !slices.Contains(e.issuer.Claims, p.key.Value) {
			e.issuer.Claims = append(e.issuer.Claims, p.key.Value)
		}
	}
	if n.Kind == yaml.MappingNode && len(e.claims) == 0 {
		r.fail(at(n), "claims are empty")
	}
}

func (r *reader) unixID(n *yaml.Node, what string) *uint32 {
	id := uint32(r.number(n, what, 0, 1<<32-2))
	return &id
}

// limit reads {rate: 200/s, burst: 400, in_flight: 300}.
func (r *reader) limit(n *yaml.Node) Limit {
	var l Limit
	var perSecond int64
	r.object(n, "a limit", map[string]func(*yaml.Node){
		"rate":      func(n *yaml.Node) { l.Every, perSecond = r.rate(n) },
		"burst":     func(n *yaml.Node) { l.Burst = r.number(n, "burst", 1, 1_000_000) },
		"in_flight": func(n *yaml.Node) { l.InFlight = r.number(n, "in_flight", 1, 1_000_000) },
	})
	if l.Every == 0 && l.Burst != 0 {
		r.fail(at(n), "a limit with burst needs a rate")
	}
	if l.Every != 0 && l.Burst == 0 {
		l.Burst = perSecond
	}
	return l
}

// rate reads a number of calls per s, m or h: the time for one, and how many come in a
// second, which is at least 1.
func (r *reader) rate(n *yaml.Node) (every time.Duration, perSecond int64) {
	text := r.text(n, "rate")
	number, unit, _ := strings.Cut(text, "/")
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}
	count, err := strconv.ParseInt(number, 10, 64)
	if err != nil || count < 1 || count > 1_000_000 || units[unit] == 0 {
		if text != "" {
			r.fail(at(n), "rate must be like 200/s, 30/m or 100/h, and at most 1000000")
		}
		return 0, 0
	}
	return units[unit] / time.Duration(count), max(1, count*int64(time.Second)/int64(units[unit]))
}
