package world

import (
	"encoding/base64"
)

// GraphQLID is an object's id in PortOne's GraphQL API: opaque, and one of its own
// for every object of every schema and mode.
func GraphQLID(schema string, test bool, id string) string {
	mode := "live"
	if test {
		mode = "test"
	}
	return base64.StdEncoding.EncodeToString([]byte(schema + ":" + mode + ":" + id))
}
