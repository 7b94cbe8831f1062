package plugins

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Row is what the reporter was told, once.
type Row struct {
	Key    string // of the alert
	Seq    int64
	Report string // JSON
}

// Rows keeps rows; the same one twice is one.
type Rows interface {
	Put(ctx context.Context, r Row) error
}

// Reporter is an emitter that writes down what it is told.
type Reporter struct{ Rows Rows }

// Emit implements responder.Emitter.
func (r Reporter) Emit(ctx context.Context, report responder.Report, _ responder.Receipt) (responder.Receipt, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, responder.Permanent(fmt.Errorf("report %s: %w", report.ReportID, err))
	}
	if report.Alert.Key == "" {
		return nil, nil // not one of ours
	}
	if err := r.Rows.Put(ctx, Row{Key: report.Alert.Key, Seq: report.Seq, Report: string(text)}); err != nil {
		return nil, fmt.Errorf("report %s: %w", report.ReportID, err)
	}
	return responder.Receipt{"seq": strconv.FormatInt(report.Seq, 10)}, nil
}
