// Package logging is how every function logs: one JSON object per line, for Lambda's log group.
//
// in → out: slog records → JSON lines with the request's id, safe to show in a terminal.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"
	"unicode"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/m-mizutani/AlertResponder/internal/entity"
	"github.com/m-mizutani/AlertResponder/internal/errtext"
)

// The bounds of each text in a log line, and of an error, in bytes: errors may quote what came from outside, and a whole
// alert is never logged.
const (
	MaxText  = 8 << 10
	MaxError = 1 << 10
)

// New makes a logger that writes to w. The level is debug, info, warn or error, in any case; anything else is
// info.
func New(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.TrimSpace(level))); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(requestHandler{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: clean})})
}

// FromEnv makes a logger that writes to standard error, with the level in LOG_LEVEL.
func FromEnv() *slog.Logger { return New(os.Stderr, os.Getenv("LOG_LEVEL")) }

// requestHandler adds the id of the Lambda request, by the name that Lambda's own lines have.
type requestHandler struct{ slog.Handler }

func (h requestHandler) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok && lc.AwsRequestID != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

func (h requestHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return requestHandler{h.Handler.WithAttrs(attrs)}
}

func (h requestHandler) WithGroup(name string) slog.Handler {
	return requestHandler{h.Handler.WithGroup(name)}
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
