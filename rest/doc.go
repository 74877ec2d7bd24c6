// Package rest is PortOne's own REST API in front of the gateway's methods: the same
// paths, query parameters, JSON and HTTP statuses, so that PortOne's official SDKs work
// against it with nothing changed but their base URL.
//
// It is the other transport beside gRPC, and an equal one: it reads a request, hands it
// to the steps that every call passes (package service), and writes the answer.
// grpc-gateway's ServeMux finds the method by the google.api.http that the contract
// has (package router). grpc-gateway's generated handlers are not used for PortOne's
// methods: they speak protobuf's JSON, with int64 as strings, enums with their prefix and
// unions nested, which is not PortOne's, and they would lose what `unrecognized` carries.
package rest
