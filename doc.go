// Package portonegateway is the root of portone-gateway, a gRPC gateway in front
// of PortOne's REST API V2. It holds no code: cmd/gateway is the program,
// gen/portone/v2 the stubs for callers, and CONTRIBUTING.md says what lives where.
//
// `go generate .` makes everything that is generated anew: the Go code below gen/
// from the contract in proto/. It needs no network.
package portonegateway

//go:generate go run ./internal/protodeps
//go:generate go tool -modfile=tools/go.mod buf generate --config .build/buf.yaml --path proto/portone
