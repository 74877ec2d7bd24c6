// Package rest is PortOne's own REST API in front of the gateway's operations: the
// same paths, query parameters, JSON and HTTP statuses, so that PortOne's official
// SDKs work against it with nothing changed but their base URL.
//
// A request finds its operation by PortOne's path templates and goes through the
// handlers that grpc-gateway generates, which call the server in the same process.
// Those handlers would make Go structs of the JSON and back; here the bytes
// travel beside them, in an exchange, and what the handlers hold is empty. The
// handlers are passed all the same because those who run the gateway ask for
// grpc-gateway in their stack: every route and method of the contract stays one that
// it serves, and could be served by it alone. What they see are empty messages, so that
// nothing of the JSON is lost or paid for twice.
package rest
