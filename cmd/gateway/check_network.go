package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// maxSkew is how far this machine's clock may be from PortOne's before it is worth a
// line. Webhooks are refused at five minutes.
const maxSkew = 30 * time.Second

func parent(path string) string { return filepath.Dir(filepath.Clean(path)) }

// network goes the way to PortOne step by step, without the secret, and reports whether
// it came to its end.
func (c *checking) network(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	u, err := url.Parse(c.config.UpstreamURL)
	if err != nil || u.Host == "" {
		c.say("FAIL", "settings", "--upstream-url: is no URL")
		return false
	}
	way := &way{}
	transport := &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: false}
	if u.Scheme == "https" {
		proxy := httpproxy.FromEnvironment().ProxyFunc()
		transport.Proxy = func(*http.Request) (*url.URL, error) {
			through, err := proxy(&url.URL{Scheme: u.Scheme, Host: u.Host})
			if err == nil && through != nil {
				way.proxy = through.Host
			}
			return through, err
		}
	}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, way.trace()), http.MethodHead, u.Scheme+"://"+u.Host+"/", nil)
	if err != nil {
		c.say("FAIL", "settings", "--upstream-url: is no URL")
		return false
	}
	response, err := transport.RoundTrip(request)
	if err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
		response.Body.Close()
	}
	way.mu.Lock()
	defer way.mu.Unlock()
	if !c.sayWay(way, u, err) {
		return false
	}
	c.sayClock(response.Header.Get("Date"))
	return true
}

// way is what is known of the way to PortOne.
type way struct {
	proxy string // host:port; empty if there is none

	mu        sync.Mutex
	name      string // that was looked up
	addresses []net.IPAddr
	lookup    error
	address   string // connected to
	connect   error
	tls       *tls.ConnectionState
	handshake error
}

// trace has the steps noted. They may come from several goroutines.
func (w *way) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart: func(info httptrace.DNSStartInfo) { w.note(func() { w.name = info.Host }) },
		DNSDone:  func(info httptrace.DNSDoneInfo) { w.note(func() { w.addresses, w.lookup = info.Addrs, info.Err }) },
		ConnectDone: func(_, addr string, err error) {
			w.note(func() {
				if err == nil {
					w.address, w.connect = addr, nil
				} else if w.address == "" {
					w.connect = err
				}
			})
		},
		TLSHandshakeDone: func(state tls.ConnectionState, err error) { w.note(func() { w.tls, w.handshake = &state, err }) },
	}
}

func (w *way) note(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// sayWay writes a line for each step, and reports whether all went well. Err is what the
// whole ended with.
func (c *checking) sayWay(w *way, u *url.URL, err error) bool {
	switch {
	case w.lookup != nil:
		c.say("FAIL", "dns", "%s: %v", w.name, cause(w.lookup))
		return false
	case w.name != "":
		c.say("ok", "dns", "%s has %d addresses, such as %s", w.name, len(w.addresses), w.addresses[0].String())
	}
	to := u.Host
	if w.proxy != "" {
		to = "the proxy " + w.proxy
	}
	switch {
	case w.address == "" && w.connect != nil:
		c.say("FAIL", "connection", "to %s: %v", to, cause(w.connect))
		return false
	case w.address == "":
		c.say("FAIL", "connection", "to %s: %v", to, cause(err))
		return false
	}
	c.say("ok", "connection", "to %s at %s", to, w.address)
	switch {
	case u.Scheme == "http":
		c.say("ok", "tls", "none, since --upstream-url is http")
	case w.handshake != nil:
		c.say("FAIL", "tls", "%v", cause(w.handshake))
		return false
	case w.tls == nil || len(w.tls.PeerCertificates) == 0:
		c.say("FAIL", "tls", "the proxy %s did not let us through: %v", w.proxy, cause(err))
		return false
	default:
		leaf := w.tls.PeerCertificates[0]
		c.say("ok", "tls", "certificate of %s by %s, until %s", u.Hostname(), leaf.Issuer.CommonName, leaf.NotAfter.Format(time.DateOnly))
	}
	if err != nil {
		c.say("FAIL", "portone", "no answer: %v", cause(err))
	}
	return err == nil
}

// sayClock compares this machine's clock with the other's.
func (c *checking) sayClock(date string) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return
	}
	if skew := time.Since(theirs); skew.Abs() > maxSkew {
		c.say("FAIL", "clock", "%v from PortOne's: events and signatures of webhooks go by it", skew.Round(time.Second))
		return
	}
	c.say("ok", "clock", "within %v of PortOne's", maxSkew)
}

// cause is an error without the URL that it was for.
func cause(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
