package respondertest_test

import (
	"context"
	"fmt"
	"net/netip"
	"testing"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

// watchlist says what is on a list of one's own.
func watchlist(_ context.Context, task responder.Task) (responder.Page, error) {
	addr, err := netip.ParseAddr(task.Attribute.Value)
	if err != nil || !netip.MustParsePrefix("192.0.2.0/24").Contains(addr) {
		return responder.Page{}, nil
	}
	return responder.Page{Title: "Watchlist", Signals: []responder.Signal{{
		Kind: "watchlist", Verdict: responder.Suspicious, Score: 60, Source: "watchlist", Summary: "in a listed network",
	}}}, nil
}

// In a plugin's own test file.
func ExampleTestInspector() {
	_ = func(t *testing.T) { // func TestContract(t *testing.T)
		respondertest.TestInspector(t, responder.InspectorFunc(watchlist), responder.TypeIPAddr)
	}
}

func ExampleTasks() {
	for _, task := range respondertest.Tasks(responder.TypeIPAddr)[:3] {
		page, err := watchlist(context.Background(), task)
		fmt.Println(task.Attribute.Value, page.HasContent(), err)
	}
	// Output:
	// 192.0.2.7 true <nil>
	// 198.51.100.200 false <nil>
	// 2001:db8::7 false <nil>
}

func TestTheExampleKeepsTheContract(t *testing.T) {
	respondertest.TestInspector(t, responder.InspectorFunc(watchlist), responder.TypeIPAddr)
}
