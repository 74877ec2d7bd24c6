package control

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestReserved expects everything that is kept ready to have a value and a word about
// it.
func TestReserved(t *testing.T) {
	for what, values := range specials() {
		for _, v := range values {
			if v.Value == "" || v.About == "" {
				t.Errorf("%s: %+v", what, v)
			}
		}
	}
}

// TestDumpBroken breaks the connection on the way, and expects no half of a dump to
// end as if it were whole.
func TestDumpBroken(t *testing.T) {
	defer func() {
		if cause := recover(); cause != http.ErrAbortHandler {
			t.Errorf("the handler ends with %v", cause)
		}
	}()
	written(func(w io.Writer) error {
		_, _ = io.WriteString(w, `{"objects":[`)
		return errors.New("broken")
	}).send(httptest.NewRecorder(), slog.New(slog.DiscardHandler))
}
