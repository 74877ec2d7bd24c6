// Package upstream is the HTTP client to PortOne: credentials and idempotency so
// far; deadlines, retries and the transport join them here.
package upstream
