package awscontext

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first needed: compiled at each start, those of this package
// would cost as much as all else that a start does.
type pattern struct{ compiled func() *regexp.Regexp }

func lazy(text string) pattern {
	return pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })}
}

// MatchString is as that of regexp.Regexp, as are the others.
func (p pattern) MatchString(s string) bool { return p.compiled().MatchString(s) }

// FindStringSubmatch is described at MatchString.
func (p pattern) FindStringSubmatch(s string) []string { return p.compiled().FindStringSubmatch(s) }
