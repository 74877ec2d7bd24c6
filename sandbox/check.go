package sandbox

import (
	"strings"

	"github.com/portone-gateway/portone-gateway/transcode"
)

// maxProblems is how many mistakes in a request are told at once.
const maxProblems = 20

// problemOf says what is wrong with a request, for the message of INVALID_REQUEST;
// empty if nothing is. Members that the contract does not know are no mistake:
// PortOne ignores them.
func problemOf(violations []transcode.Violation) string {
	problems := make([]string, 0, maxProblems)
	for _, v := range violations[:min(len(violations), maxProblems)] {
		problems = append(problems, v.Field+": "+v.Description)
	}
	return strings.Join(problems, "; ")
}
