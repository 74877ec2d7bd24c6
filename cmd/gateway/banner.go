package main

import (
	"fmt"
	"io"
	"net"
	"strings"
)

// firstPayments asks for the first payments of the demo shop.
const (
	firstPayments     = `/payments?requestBody=%7B%22page%22:%7B%22size%22:3%7D%7D`
	firstPaymentsGRPC = `-d '{"page":{"size":3}}'`
)

// banner says where everything listens and how to call it.
func (g *gateway) banner(stdout io.Writer) {
	grpc, rest := g.grpcListener.Addr(), g.httpListener.Addr()
	fmt.Fprint(stdout, "portone-gateway with a sandbox in PortOne's place: nothing here is real, and nothing is kept.\n\n",
		"  gRPC     ", place(grpc, "", ""), "\n",
		"  REST     ", place(rest, "http://", ""), "\n",
		"  admin    ", place(g.adminListener.Addr(), "http://", "/metrics"), "\n",
		"  sandbox  ", place(g.portone.listener.Addr(), "http://", "/sandbox/"), "   (clock, reset, deposits, test cards)\n",
		"\nPaste one of these:\n\n",
		"  ", grpcurl(grpc, firstPaymentsGRPC, "portone.v2.PaymentService/GetPayments"), "\n",
		"  ", curl(rest, ""), "\n", sdk(rest))
	if g.events != nil && g.config.sandboxEvents() {
		fmt.Fprint(stdout, "\nEvery payment's webhooks, as events:\n\n",
			"  ", grpcurl(grpc, `-d '{"subscription":"`+demoSubscription+`"}'`, "portone.events.v1.EventService/Subscribe"), "\n")
	}
	fmt.Fprintln(stdout)
}

// banner says the same of a sandbox alone.
func (p *portone) banner(stdout io.Writer) {
	addr := p.listener.Addr()
	fmt.Fprint(stdout, "A sandbox in PortOne's place: nothing here is real, and nothing is kept.\n\n",
		"  API      ", place(addr, "http://", ""), "   (any secret will do: Authorization: PortOne anything)\n",
		"  control  ", place(addr, "http://", "/sandbox/"), "   (clock, reset, deposits, test cards)\n",
		"\nPaste one of these:\n\n",
		"  ", curl(addr, "-H 'Authorization: PortOne sandbox' "), "\n", sdk(addr), "\n")
}

// place is where something is: a URL by TCP; a socket has no room for a path.
func place(addr net.Addr, scheme, path string) string {
	if isSocket(addr) {
		return "unix://" + addr.String() + strings.Replace(path, "/", "   /", 1)
	}
	return scheme + reachable(addr) + path
}

func grpcurl(addr net.Addr, request, rpc string) string {
	if isSocket(addr) {
		return "grpcurl -plaintext -unix " + request + " " + addr.String() + " " + rpc
	}
	return "grpcurl -plaintext " + request + " " + reachable(addr) + " " + rpc
}

func curl(addr net.Addr, options string) string {
	if isSocket(addr) {
		return "curl " + options + "--unix-socket " + addr.String() + " 'http://localhost" + firstPayments + "'"
	}
	return "curl " + options + "'http://" + reachable(addr) + firstPayments + "'"
}

// sdk is a line of JavaScript; PortOne's SDKs know no sockets.
func sdk(addr net.Addr) string {
	if isSocket(addr) {
		return ""
	}
	return fmt.Sprintf("  PortOneClient({ secret: \"sandbox\", baseUrl: \"http://%s\" }).payment.getPayments({ page: { size: 3 } })\n", reachable(addr))
}

func isSocket(addr net.Addr) bool { return addr.Network() == "unix" }
