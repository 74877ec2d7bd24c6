package gatewaytest

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// Journal is a log that can be read while it is written. The zero Journal is empty.
type Journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (j *Journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

// String is what has been written.
func (j *Journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Last is the last line, which must be JSON.
func (j *Journal) Last(t *testing.T) (line map[string]any) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(j.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatalf("%v in %q", err, lines[len(lines)-1])
	}
	return line
}
