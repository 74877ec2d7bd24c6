// Package rest is PortOne's own REST API in front of the gateway's operations: the
// same paths, query parameters, JSON and HTTP statuses, so that PortOne's official
// SDKs work against it with nothing changed but their base URL.
//
// A request finds its operation by PortOne's path templates and goes through the
// handlers that grpc-gateway generates, which call the server in the same process.
// Those handlers would make Go structs of the JSON and back; here the bytes
// travel beside them, in an exchange, and what the handlers hold is empty.
package rest
