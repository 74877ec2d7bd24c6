package service

import (
	"github.com/portone-gateway/portone-gateway/contract"
)

// Unknown stands for whatever is called and is no method of the contract. Observers,
// tracers and the log see it in a method's place.
var Unknown = &contract.Method{FullName: "/unknown", Name: "unknown", HTTPMethod: "GET"}
