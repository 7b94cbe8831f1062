package security

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/emitters/webhook"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const root = "../../"

// setting is what a plugin under attack is made with.
type setting struct {
	t      *testing.T
	client *http.Client // for all that it asks
	log    *slog.Logger
	// canary is to stand in all that is secret: keys, and the paths and queries of addresses.
	canary string
}

// inspectors are those of functions/inspectors, by their folders, each as its function would make it. A new one is a
// line here.
var inspectors = map[string]func(setting) responder.Inspector{
	"watchlist": func(s setting) responder.Inspector {
		w, err := watchlist.New(hostileLists{}, watchlist.Options{Log: s.log})
		require.NoError(s.t, err)
		return w
	},
}

// emitter is one of functions/emitters.
type emitter struct {
	make func(setting) responder.Emitter
	// hosts are those that it may talk to.
	hosts []string
	// dead must not be in what is sent, as the receiver reads it (the texts of its JSON): what would do something
	// there. Nothing where the receiver is a program.
	dead []string
}

// emitters are those of functions/emitters, by their folders. A new one is a line here.
var emitters = map[string]emitter{
	"webhook": {
		make: func(s setting) responder.Emitter {
			e, err := webhook.New(webhook.Options{
				URL: "https://hooks.example/" + s.canary + "?token=" + s.canary, Secret: secretOf(s.canary), Client: s.client,
			})
			require.NoError(s.t, err)
			return e
		},
		hosts: []string{"hooks.example"},
	},
}

func secretOf(value string) responder.Secret {
	return func(context.Context) (string, error) { return value, nil }
}

// Every plugin that ships is attacked here.
func TestEveryPluginIsAttacked(t *testing.T) {
	assert.Equal(t, folders(t, "functions/inspectors"), slices.Sorted(maps.Keys(inspectors)))
	assert.Equal(t, folders(t, "functions/emitters"), slices.Sorted(maps.Keys(emitters)))
	for name, e := range emitters {
		assert.NotEmpty(t, e.hosts, "%s: whom it may talk to", name)
	}
}

func folders(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(root + dir)
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// hostileLists are watchlists that an attacker has written into: what they say of the entities of the alert goes
// into pages, reasons and reports.
type hostileLists struct{}

// Lists implements watchlist.Source.
func (hostileLists) Lists(context.Context) ([]watchlist.File, error) {
	file := func(name, text string) watchlist.File {
		return watchlist.File{Path: name, Version: "1", Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(text)), nil
		}}
	}
	const comment = "# <!channel> @everyone #123 \x1b[31m\u202e\u009b ![i](http://169.254.169.254/) {{7*7}} ${x} =cmd()"
	return []watchlist.File{
		file("a\x1b[2J\u202e <!here>.txt", "198.51.100.66 "+comment+"\n169.254.169.254 "+comment+"\n\x00\xff\xfe\n"),
		file("b.csv", "indicator,verdict,score,summary\nc2.attacker.example,malicious,1e999,\"=cmd|'/c calc'!A1 \x1b]0;x\a @everyone\"\n"),
	}, nil
}
