// Package shipped is the list of the inspectors that ship, by their names.
//
// in → out: the name of an inspector, and settings → the inspector, as its function on AWS has it.
package shipped

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/abusech"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/abuseipdb"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/greynoise"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/history"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/virustotal"
	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// Need is whether an inspector takes a key.
type Need int

// Who takes none, who can do without, and who cannot.
const (
	NoKey Need = iota
	MayHaveKey
	NeedsKey
)

// Inspector is one that ships.
type Inspector struct {
	ID, Name string
	Types    []string // of the attributes that it accepts; "*" for all
	// Prefix begins the names of its variables in the environment: VIRUSTOTAL_API_KEY, VIRUSTOTAL_URL, VIRUSTOTAL_LIMITS.
	// Empty where it asks no service over HTTP.
	Prefix string
	Key    Need

	build func(Settings) (responder.Inspector, error)
}

// Settings of an inspector; each takes of them what it has use for.
type Settings struct {
	intel.Settings
	Lists   []string // files and directories of watchlist
	Roles   []string // ARNs that awscontext assumes
	Region  string   // of awscontext; empty: that of the AWS configuration
	Profile string   // likewise
	Log     *slog.Logger
}

// IsService says whether it asks a service over HTTP.
func (i Inspector) IsService() bool { return i.Prefix != "" }

// Accepts says whether it looks into attributes of a type.
func (i Inspector) Accepts(kind string) bool {
	return slices.Contains(i.Types, "*") || slices.Contains(i.Types, kind)
}

// New makes the inspector. It calls nobody: an error is one of the settings, or of a list that cannot be read.
func (i Inspector) New(s Settings) (responder.Inspector, error) {
	made, err := i.build(s)
	switch {
	case err == nil:
		return made, nil
	case strings.HasPrefix(err.Error(), i.ID+": "): // it says itself whose fault it is
		return nil, err
	}
	return nil, fmt.Errorf("%s: %w", i.ID, err)
}

// All are the inspectors that ship, services first. What was built without AWS has no awscontext.
func All() []Inspector {
	return slices.Concat([]Inspector{
		service(virustotal.ID, virustotal.Name, "VIRUSTOTAL", NeedsKey, virustotal.Types, virustotal.New),
		service(abuseipdb.ID, abuseipdb.Name, "ABUSEIPDB", NeedsKey, abuseipdb.Types, abuseipdb.New),
		service(greynoise.ID, greynoise.Name, "GREYNOISE", MayHaveKey, greynoise.Types, greynoise.New),
		service(abusech.ID, abusech.Name, "ABUSECH", NeedsKey, abusech.Types, abusech.New),
	}, onAWS(), []Inspector{
		{ID: history.ID, Name: history.Name, Types: history.Types, build: former},
		{ID: "watchlist", Name: "watchlist", Types: []string{"*"}, build: lists},
	})
}

// Find is the inspector of a name.
func Find(id string) (Inspector, bool) {
	all := All()
	n := slices.IndexFunc(all, func(i Inspector) bool { return i.ID == id })
	if n < 0 {
		return Inspector{}, false
	}
	return all[n], true
}

// IDs are the names of all.
func IDs() (ids []string) {
	for _, i := range All() {
		ids = append(ids, i.ID)
	}
	return ids
}

func service(id, name, prefix string, key Need, types []string, build func(intel.Settings) (responder.Inspector, error)) Inspector {
	return Inspector{ID: id, Name: name, Types: types, Prefix: prefix, Key: key, build: func(s Settings) (responder.Inspector, error) {
		return build(s.Settings)
	}}
}

// Retention is how long a stack keeps what it knows, if nothing else is asked for.
const Retention = 90 * 24 * time.Hour

func former(s Settings) (responder.Inspector, error) { return history.New(historyOf(s)) }

// Historian is the emitter that writes the index which history reads, in the same Memory.
func Historian(s Settings) (responder.Emitter, error) { return history.NewHistorian(historyOf(s)) }

func historyOf(s Settings) history.Options {
	return history.Options{Memory: s.Memory, Keep: Retention, Now: s.Now}
}

func lists(s Settings) (responder.Inspector, error) {
	return watchlist.New(watchlist.Files(s.Lists...), watchlist.Options{Now: s.Now, Log: cmp.Or(s.Log, slog.Default())})
}
