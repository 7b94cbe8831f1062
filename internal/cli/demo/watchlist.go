package demo

import (
	"context"
	_ "embed"
	"io"
	"log/slog"
	"strings"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

//go:embed fixtures/honeypots.csv
var honeypots string

// watchlistInspector is the one that ships, with the list of the story.
func watchlistInspector() (responder.Inspector, error) {
	return watchlist.New(oneList{}, watchlist.Options{Log: slog.New(slog.DiscardHandler)})
}

// oneList is a watchlist.Source.
type oneList struct{}

// Lists implements watchlist.Source.
func (oneList) Lists(context.Context) ([]watchlist.File, error) {
	return []watchlist.File{{
		Path: "honeypots.csv", Version: "1",
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(honeypots)), nil },
	}}, nil
}
