package cli

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDescribedBuild(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	host := " " + runtime.GOOS + "/" + runtime.GOARCH
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{}, "(devel) " + runtime.Version()},
		{debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3 go1.26.0"},
		{debug.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{
			setting("vcs.revision", "0123456789abcdef"), setting("vcs.modified", "true"),
		}}, "(devel) 0123456789ab+dirty go1.26.0"},
		{debug.BuildInfo{
			GoVersion: "go1.26.0", Main: debug.Module{Version: "v0.0.0-20260314021704-0123456789ab+dirty"},
			Settings: []debug.BuildSetting{setting("vcs.revision", "0123456789abcdef"), setting("vcs.modified", "true")},
		}, "v0.0.0-20260314021704-0123456789ab+dirty go1.26.0"},
	} {
		assert.Equal(t, c.want+host, described(&c.info, true))
	}
	assert.Equal(t, "(devel) "+runtime.Version()+host, described(nil, false))
}
