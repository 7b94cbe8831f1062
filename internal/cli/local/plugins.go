package local

import (
	"log/slog"

	"github.com/m-mizutani/AlertResponder/internal/inprocess"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
)

// inspectors are those that the command line asks for.
func (c *Command) inspectors(log *slog.Logger) ([]inprocess.Inspector, error) {
	if len(c.Watchlist) == 0 {
		return nil, nil
	}
	w, err := watchlist.New(watchlist.Files(c.Watchlist...), watchlist.Options{Log: log})
	if err != nil {
		return nil, err
	}
	return []inprocess.Inspector{{ID: "watchlist", Types: []string{"*"}, Inspector: w}}, nil
}
