package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"google.golang.org/grpc/grpclog"
)

// grpcLog takes what grpc-go and grpc-gateway log, which would go to standard error
// in a form of its own. Whatever they call it, it is about connections and clients
// that went away, so all of it is for debugging.
type grpcLog struct{ logger *slog.Logger }

var _ grpclog.LoggerV2 = grpcLog{}

func (l grpcLog) Info(args ...any)                    { l.log("info", fmt.Sprint, args) }
func (l grpcLog) Infoln(args ...any)                  { l.log("info", fmt.Sprintln, args) }
func (l grpcLog) Infof(format string, args ...any)    { l.logf("info", format, args) }
func (l grpcLog) Warning(args ...any)                 { l.log("warning", fmt.Sprint, args) }
func (l grpcLog) Warningln(args ...any)               { l.log("warning", fmt.Sprintln, args) }
func (l grpcLog) Warningf(format string, args ...any) { l.logf("warning", format, args) }
func (l grpcLog) Error(args ...any)                   { l.log("error", fmt.Sprint, args) }
func (l grpcLog) Errorln(args ...any)                 { l.log("error", fmt.Sprintln, args) }
func (l grpcLog) Errorf(format string, args ...any)   { l.logf("error", format, args) }

// Fatal and those like it are for mistakes in programs, such as a service that is
// registered twice.
func (l grpcLog) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (l grpcLog) Fatalln(args ...any)               { panic(fmt.Sprintln(args...)) }
func (l grpcLog) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// V implements grpclog.LoggerV2: where it is false, texts are not even made.
func (l grpcLog) V(int) bool { return l.enabled() }

func (l grpcLog) enabled() bool { return l.logger.Enabled(context.Background(), slog.LevelDebug) }

func (l grpcLog) log(severity string, sprint func(...any) string, args []any) {
	if l.enabled() {
		l.write(severity, sprint(args...))
	}
}

func (l grpcLog) logf(severity, format string, args []any) {
	if l.enabled() {
		l.write(severity, fmt.Sprintf(format, args...))
	}
}

// write logs a text up to the first quote or brace: what is quoted may be a header
// of a caller's, what is in braces a status, neither of which a log may have.
func (l grpcLog) write(severity, text string) {
	if i := strings.IndexAny(text, "\"'`{"); i >= 0 {
		text = text[:i] + "..."
	}
	l.logger.Debug("grpc", "severity", severity, "text", strings.TrimSpace(text))
}
