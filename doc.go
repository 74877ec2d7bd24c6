// Package portonegateway is the root of portone-gateway, a gRPC gateway in front of
// PortOne's REST API V2. cmd/gateway is the program; README.md says how to run and call it.
//
// # Public API
//
// Go programs may import, by semantic versioning:
//
//   - gen/portone/v2, gen/portone/gateway/v1 and gen/portone/events/v1: the stubs.
//   - portoneclient, with webhook and sandboxtest below it: a client that asks again with
//     the same idempotency key.
//   - portoneerr: what an error of the gateway says.
//   - sandbox, with world.Clock of sandbox/world for its options: a PortOne for tests.
//   - Protos, below.
//
// What else is exported is for the program's own packages, and changes without notice.
//
// # Generated code
//
// `go generate .` makes everything that is generated anew: the Go code below gen/
// from the contract in proto/. It needs no network.
package portonegateway

import "embed"

//go:generate go run ./internal/protodeps
//go:generate go tool -modfile=tools/go.mod buf generate --config .build/buf.yaml --path proto/portone
//go:generate go tool -modfile=tools/go.mod buf generate --config .build/buf.yaml --template buf.gen.rest.yaml --path proto/portone/gateway --path proto/portone/events

// Protos is the contract, below proto/, as callers in other languages generate their
// clients from: PortOne's API in portone/v2, and the gateway's own in
// portone/gateway/v1 and portone/events/v1.
//
//go:embed proto/portone/v2/*.proto proto/portone/gateway/v1/*.proto proto/portone/events/v1/*.proto
var Protos embed.FS
