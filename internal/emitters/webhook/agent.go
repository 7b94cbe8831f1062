package webhook

import (
	"cmp"
	"runtime/debug"
	"strings"
	"sync"
)

// agent is the value of User-Agent, with the version that was built.
var agent = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return "AlertResponder/" + cmp.Or(printable(strings.Trim(info.Main.Version, "()"), 80), "devel")
})
