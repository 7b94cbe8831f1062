// Package settings is what inspectors are made with on a person's computer: a configuration file, and the environment.
//
// in → out: a file, the names of variables → shipped inspectors with keys, limits and what is one's own; all faults of a
// file at once, by line and column.
//
// A file is YAML, or JSON:
//
//	inspectors:
//	  virustotal: {key_env: MY_VT_KEY, limits: "4/minute,500/day"}
//	  abuseipdb: {key_file: ~/.keys/abuseipdb}
//	  greynoise: {}
//	  awscontext: {profile: security, region: eu-west-1, roles: ["arn:aws:iam::111122223333:role/look"]}
//	  history: {}
//	  watchlist: {files: [lists/, bad-addresses.txt]}
//	own_domains: [example.com, 203.0.113.0/24]
//	review_delay: 10m
//
// Keys stand in variables of the environment or in files of their own, and never in this one, which people show to
// each other.
package settings

import (
	"time"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/shipped"
)

// File is a configuration file.
type File struct {
	Inspectors []Entry // in the order of the file
	// Own are the domains and networks that are never sent to third parties, as in OWN_DOMAINS; empty: the file does not say.
	Own string
	// ReviewDelay is the deadline; zero: the file does not say.
	ReviewDelay time.Duration
}

// Entry is what a file says of an inspector. Paths are as they can be opened.
type Entry struct {
	shipped.Inspector
	KeyEnv, KeyFile string
	Limits, URL     string
	Files, Roles    []string
	Region, Profile string
}

// Entry is what the file says of an inspector, or that of one that the file does not have.
func (f File) Entry(i shipped.Inspector) Entry {
	for _, e := range f.Inspectors {
		if e.ID == i.ID {
			return e
		}
	}
	return Entry{Inspector: i}
}
