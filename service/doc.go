// Package service is the gRPC surface of the gateway: every RPC of the contract
// behind one generic handler, with health and reflection beside them.
//
// Nothing here knows a message type. A frame's bytes go through transcode into an
// HTTP request to PortOne, and the answer's bytes back into a frame; Go structs
// are never made. The package rest calls in through the same steps, so that they
// run once and in the same order for both.
package service
