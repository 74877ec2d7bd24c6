package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"google.golang.org/grpc/grpclog"
)

// TestGRPCLog: what grpc-go says is a record at debug level, without what may be a
// caller's.
func TestGRPCLog(t *testing.T) {
	tests := []struct {
		name           string
		say            func(l grpclog.LoggerV2)
		severity, text string
	}{
		{"a line", func(l grpclog.LoggerV2) { l.Infoln("[core]", "Server created") }, "info", "[core] Server created"},
		{"a format", func(l grpclog.LoggerV2) { l.Warningf("Closing: %v", fmt.Errorf("EOF")) }, "warning", "Closing: EOF"},
		{"values", func(l grpclog.LoggerV2) { l.Error("ignoring ", 1) }, "error", "ignoring 1"},
		{"a header", func(l grpclog.LoggerV2) {
			l.Warningf("Failed to decode metadata header (%q, %q): %v", "x-bin", "private", "x")
		},
			"warning", "Failed to decode metadata header (..."},
		{"a status", func(l grpclog.LoggerV2) { l.Errorf("Failed to marshal rpc status: %s", "{\n  message: private }") },
			"error", "Failed to marshal rpc status: ..."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			l := grpcLog{slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
			test.say(l)
			var line struct{ Level, Msg, Severity, Text string }
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("%v: %s", err, &log)
			}
			if line.Level != "DEBUG" || line.Msg != "grpc" || line.Severity != test.severity || line.Text != test.text || !l.V(2) {
				t.Errorf("%s, want %s and %q", &log, test.severity, test.text)
			}
		})
	}
}

// expensive is something that must not be printed in vain.
type expensive struct{ t *testing.T }

func (e expensive) String() string {
	e.t.Error("a text is made that nobody reads")
	return ""
}

// TestGRPCLogOff costs nothing.
func TestGRPCLogOff(t *testing.T) {
	var log bytes.Buffer
	l := grpcLog{slog.New(slog.NewJSONHandler(&log, nil))}
	l.Info(expensive{t})
	l.Infoln(expensive{t})
	l.Errorf("%v", expensive{t})
	if l.V(0) || log.Len() > 0 {
		t.Errorf("it is on: %s", &log)
	}
}
