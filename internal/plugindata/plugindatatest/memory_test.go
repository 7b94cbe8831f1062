package plugindatatest_test

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

func TestProcessMemoryConformance(t *testing.T) {
	plugindatatest.RunMemory(t, func(*testing.T) responder.Memory { return responder.NewMemory() })
}
