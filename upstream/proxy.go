package upstream

import (
	"encoding/base64"
	"errors"
	"net"
	"net/url"

	"github.com/portone-gateway/portone-gateway/upstream/http1"
)

// setProxy lets connections go through the proxy for PortOne's address, if there is
// one. Errors do not show the proxy's address, which may hold a password.
func setProxy(config *http1.Config, proxyFor func(*url.URL) (*url.URL, error)) error {
	if proxyFor == nil || config.TLS == nil {
		return nil
	}
	proxy, err := proxyFor(&url.URL{Scheme: "https", Host: config.Address})
	if err != nil {
		return errors.New("the proxy for it is no URL")
	}
	if proxy == nil {
		return nil
	}
	if proxy.Scheme != "http" || proxy.Hostname() == "" {
		return errors.New("the proxy for it must begin with http:// and have a host")
	}
	port := proxy.Port()
	if port == "" {
		port = "80"
	}
	config.Proxy = net.JoinHostPort(proxy.Hostname(), port)
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		login := proxy.User.Username() + ":" + password
		config.ProxyAuthorization = "Basic " + base64.StdEncoding.EncodeToString([]byte(login))
	}
	return nil
}
