package tracing

import (
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
)

const (
	// reportPeriod and reportLimit say how many lines the log gets: a collector that
	// is down must not fill it.
	reportPeriod = time.Minute
	reportLimit  = 3

	// maxReport is how much of an error is written down, in bytes. It can have the
	// collector's answer in it, which is of any length.
	maxReport = 300
)

// reporter writes what goes wrong within OpenTelemetry into the log, at warn, at
// most reportLimit lines in a reportPeriod. It is safe for concurrent use.
type reporter struct {
	logger *slog.Logger

	mu      sync.Mutex
	began   time.Time // when the present period began
	lines   int       // in it
	omitted int       // since the last line
}

// install makes the reporter OpenTelemetry's, for the whole process: it has one
// handler of errors and one log, which would otherwise write to standard error
// in a format of their own.
func (r *reporter) install() {
	otel.SetErrorHandler(r)
	otel.SetLogger(logr.New(sink{r}))
}

// Handle implements otel.ErrorHandler.
func (r *reporter) Handle(err error) { r.report(err.Error()) }

func (r *reporter) report(problem string) {
	omitted, ok := r.admit(time.Now())
	if !ok {
		return
	}
	if len(problem) > maxReport {
		problem = strings.ToValidUTF8(problem[:maxReport], "") + "..."
	}
	r.logger.Warn("tracing", "problem", problem, "omitted", omitted)
}

// admit reports whether a line may be written now, and how many were not before it.
func (r *reporter) admit(now time.Time) (omitted int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.began) >= reportPeriod {
		r.began, r.lines = now, 0
	}
	if r.lines == reportLimit {
		r.omitted++
		return 0, false
	}
	r.lines++
	omitted, r.omitted = r.omitted, 0
	return omitted, true
}

// sink takes OpenTelemetry's own log, warnings and errors only. It drops the values
// beside a text: they are pieces of the environment, such as a header with a key.
type sink struct{ reporter *reporter }

// maxVerbosity is that of OpenTelemetry's warnings, in logr's counting.
const maxVerbosity = 1

// Enabled implements logr.LogSink, as all that follow.
func (sink) Enabled(level int) bool { return level <= maxVerbosity }

func (s sink) Info(_ int, text string, _ ...any) { s.reporter.report(text) }

func (s sink) Error(err error, text string, _ ...any) {
	if err != nil {
		text += ": " + err.Error()
	}
	s.reporter.report(text)
}

func (sink) Init(logr.RuntimeInfo)            {}
func (s sink) WithValues(...any) logr.LogSink { return s }
func (s sink) WithName(string) logr.LogSink   { return s }
