// Package hosts guards HTTP servers that have no users in browsers against pages that
// do: those that send requests to an address on the reader's own machine, and those
// whose name turns into such an address once they are open (DNS rebinding). For a
// browser, the latter are of the server's own origin, and only the Host that they ask
// for gives them away.
package hosts

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Why a request is refused.
var (
	// ErrHost: it is for a host that this server is not.
	ErrHost = errors.New("the request is for a host that is not this server's")

	// ErrPage: a page in a browser made it.
	ErrPage = errors.New("a page in a browser made the request")
)

// Options configure a Guard.
type Options struct {
	// Names are further hosts that requests may be for, without a port. If there are
	// any, every connection is held to them, not only those over loopback. "*" stands
	// for all hosts, on every connection.
	Names []string

	// Pages says that the server has pages of its own. Requests that change something
	// may then come from these. Without it, no page may make them.
	Pages bool
}

// Guard judges requests. It never changes, and is safe for concurrent use.
type Guard struct {
	names   map[string]bool
	any     bool
	origins *http.CrossOriginProtection // nil where there are no pages
}

// New makes a Guard. The error says which name is none.
func New(o Options) (*Guard, error) {
	g := &Guard{names: make(map[string]bool)}
	for _, name := range o.Names {
		if name == "*" {
			g.any = true
			continue
		}
		host, ok := hostOf(name)
		if !ok || strings.Contains(name, ":") {
			return nil, fmt.Errorf("%q is no name of a host; it has no scheme, port or path", name)
		}
		g.names[host] = true
	}
	if o.Pages {
		g.origins = http.NewCrossOriginProtection()
	}
	return g, nil
}

// Check returns ErrHost or ErrPage where a request is to be refused.
func (g *Guard) Check(r *http.Request) error {
	switch {
	case !g.mayBeFor(r):
		return ErrHost
	case g.fromPage(r):
		return ErrPage
	}
	return nil
}

// Handler refuses in plain text what Check does, and passes on all else.
func (g *Guard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch err := g.Check(r); {
		case err == nil:
			next.ServeHTTP(w, r)
		case errors.Is(err, ErrHost):
			http.Error(w, err.Error()+"; only IP addresses, localhost and --allowed-hosts are", http.StatusMisdirectedRequest)
		default:
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
}

// mayBeFor reports whether a request may be for the host that it names.
func (g *Guard) mayBeFor(r *http.Request) bool {
	switch {
	case g.any, len(g.names) == 0 && !overLoopback(r):
		return true
	case r.Host == "":
		return true // HTTP/1.0, which no browser speaks
	}
	host, ok := hostOf(r.Host)
	if !ok {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true // what has no name cannot change what it stands for
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || g.names[host]
}

// overLoopback reports whether a request came over the loopback interface, or over
// what is not known. Who can open a Unix socket is no browser.
func overLoopback(r *http.Request) bool {
	switch local := r.Context().Value(http.LocalAddrContextKey).(type) {
	case *net.TCPAddr:
		return local.IP.IsLoopback()
	case *net.UnixAddr:
		return false
	}
	return true
}

// hostOf is the host in a Host header, in lower case, without port, brackets and the
// dot at its end.
func hostOf(header string) (host string, ok bool) {
	host, port := header, ""
	if inner, bracketed := strings.CutPrefix(header, "["); bracketed {
		var rest string
		if host, rest, ok = strings.Cut(inner, "]"); !ok {
			return "", false
		}
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return "", false
		}
		if port, ok = strings.CutPrefix(rest, ":"); !ok && rest != "" {
			return "", false
		}
	} else {
		host, port, _ = strings.Cut(header, ":")
		host = strings.TrimSuffix(host, ".")
	}
	if host == "" || strings.Trim(port, "0123456789") != "" || strings.ContainsFunc(host, strange) {
		return "", false
	}
	return strings.ToLower(host), true
}

// strange reports whether a character is in no name and no address.
func strange(c rune) bool {
	return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c == ':' || c == '%')
}

// fromPage reports whether a page made a request that it may not make. What changes
// something is refused by its Origin, which browsers always send with it. A read is
// refused where it comes from another site, unless somebody followed a link: the page
// cannot see the answer, but could let the server work.
func (g *Guard) fromPage(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
	}
	if g.origins != nil {
		return g.origins.Check(r) != nil
	}
	return r.Header["Origin"] != nil || site != "" && site != "none"
}
