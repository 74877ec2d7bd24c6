package tracing

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// TestReporterIsBrief proves that the log gets a few lines a minute, and how many
// were left out.
func TestReporterIsBrief(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &reporter{logger: slog.New(slog.NewJSONHandler(&log, nil))}
		for range 10 {
			r.Handle(errors.New("down"))
		}
		time.Sleep(reportPeriod)
		r.Handle(errors.New("still down"))
		lines := read(t, &log)
		if len(lines) != reportLimit+1 || lines[0].Omitted != 0 || lines[reportLimit].Omitted != 10-reportLimit || lines[reportLimit].Problem != "still down" {
			t.Errorf("ten errors, and one a minute later, are %+v", lines)
		}
	})
}

// TestReporterCuts proves that a line is of a bearable length.
func TestReporterCuts(t *testing.T) {
	var log bytes.Buffer
	r := &reporter{logger: slog.New(slog.NewJSONHandler(&log, nil))}
	r.Handle(errors.New(strings.Repeat("한", 1000)))
	if line := read(t, &log)[0]; len(line.Problem) > maxReport+3 || !utf8.ValidString(line.Problem) || !strings.HasSuffix(line.Problem, "한...") {
		t.Errorf("%d bytes: %q", len(line.Problem), line.Problem)
	}
}

// TestSinkDropsValues proves that what stands beside OpenTelemetry's own texts,
// which are pieces of the environment, does not reach the log.
func TestSinkDropsValues(t *testing.T) {
	var log bytes.Buffer
	s := sink{&reporter{logger: slog.New(slog.NewJSONHandler(&log, nil))}}
	s.WithValues("a", "secret").WithName("secret").Error(errors.New("missing '='"), "parse headers", "input", "secret")
	s.Info(1, "dropped", "value", "secret")
	s.Error(nil, "no reason")
	var problems []string
	for _, line := range read(t, &log) {
		problems = append(problems, line.Problem)
	}
	if got, want := strings.Join(problems, "|"), "parse headers: missing '='|dropped|no reason"; got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
}

type line struct {
	Level, Problem string
	Omitted        int
}

func read(t *testing.T, log *bytes.Buffer) (lines []line) {
	t.Helper()
	for decoder := json.NewDecoder(log); decoder.More(); {
		var l line
		if err := decoder.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Level != "WARN" {
			t.Errorf("%+v is no warning", l)
		}
		lines = append(lines, l)
	}
	return lines
}
