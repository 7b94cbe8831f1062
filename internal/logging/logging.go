// Package logging is how every function logs: one JSON object per line, for Lambda's log group.
//
// in → out: slog records → JSON lines with the request's id, safe to show in a terminal; some are metrics as well.
package logging

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
	"github.com/m-mizutani/AlertResponder/internal/metrics"
)

// The bounds of each text in a log line, and of an error, in bytes: errors may quote what came from outside, and a whole
// alert is never logged.
const (
	MaxText  = 8 << 10
	MaxError = 1 << 10
)

// New makes a logger that writes to w. The level is debug, info, warn or error, in any case; anything else is
// info.
func New(w io.Writer, level string) *slog.Logger { return Measured(w, level, metrics.Meter{}) }

// Measured is New with some of its lines as metrics, too.
func Measured(w io.Writer, level string, m metrics.Meter) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.TrimSpace(level))); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(handler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: clean}), m})
}

// pluginReceives is how often the queues of the plugins that ship give a message.
const pluginReceives = 50

// FromEnv makes a plugin's logger, which writes to standard error, with the level in LOG_LEVEL. The plugins of other
// stacks are not measured.
func FromEnv() *slog.Logger {
	return fromEnv(metrics.Meter{Stack: metrics.Stack(os.Getenv("AWS_LAMBDA_LOG_GROUP_NAME")), Receives: pluginReceives})
}

// OfStage makes the logger of a stage, whose queue gives a message so often.
func OfStage(receives int) *slog.Logger {
	stack := cmp.Or(metrics.Stack(os.Getenv("AWS_LAMBDA_LOG_GROUP_NAME")), metrics.StackOf(os.Getenv("AWS_LAMBDA_FUNCTION_NAME")))
	return fromEnv(metrics.Meter{Stack: stack, Receives: receives})
}

func fromEnv(m metrics.Meter) *slog.Logger { return Measured(os.Stderr, os.Getenv("LOG_LEVEL"), m) }

// handler has the lines measured that are, and adds the id of the Lambda request by the name that Lambda's own lines have.
type handler struct {
	slog.Handler
	meter metrics.Meter
}

// Handle implements slog.Handler. The line of a verdict does without the request: its metrics take the room of those 51
// bytes, nobody looks for the invocation of what went well, and each line of what did not has it.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.Truncate(time.Millisecond)
	r, measured := h.meter.Measure(r)
	if lc, ok := lambdacontext.FromContext(ctx); ok && lc.AwsRequestID != "" && !(measured && r.Level <= slog.LevelInfo) {
		r = r.Clone()
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.meter}
}

// WithGroup implements slog.Handler. What stands in a group is no metric: CloudWatch looks at the line's own members only.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), metrics.Meter{}}
}

// clean bounds texts, and takes out the control characters that JSON does not escape: a terminal obeys those
// of C1, and format characters reorder what a person reads.
// The keys of time and message are those of Lambda's JSON log format.
func clean(groups []string, a slog.Attr) slog.Attr {
	a = lambdacontext.ReplaceAttr(groups, a)
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(text(a.Value.String(), MaxText))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok && err != nil {
			a.Value = slog.StringValue(text(errtext.Of(err), MaxError))
		}
	}
	return a
}

func text(s string, limit int) string {
	short := entity.Cut(s, limit)
	if len(short) < len(s) {
		short += "…"
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)) {
			return '\uFFFD'
		}
		return r
	}, short)
}
