// Package storetest is the conformance suite of the store: every driver passes it.
//
// in → out: a function that opens an empty store → a test for each sentence of the port's contract.
package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// Driver is what a driver implements.
type Driver = interface {
	store.Store
	store.Reader
}

// Skip is a test that a driver does not run, and why not.
type Skip struct{ Name, Why string }

// Run runs the suite. Open is called once per test and returns an empty store.
func Run(t *testing.T, open func(t *testing.T) interface {
	store.Store
	store.Reader
}, skip ...Skip) {
	tests := map[string]func(*testing.T, Driver){
		"Get":           testGet,
		"Open":          testOpen,
		"OpenRace":      testOpenRace,
		"Copies":        testCopies,
		"Swap":          testSwap,
		"SwapKeeps":     testSwapKeeps,
		"SwapSets":      testSwapSets,
		"SwapRace":      testSwapRace,
		"CrossOff":      testCrossOff,
		"CrossOffRace":  testCrossOffRace,
		"Count":         testCount,
		"Settle":        testSettle,
		"SettleRace":    testSettleRace,
		"Mixed":         testMixedRace,
		"ItemLimit":     testItemLimit,
		"Repeated":      testRepeated,
		"BodyLimits":    testBodyLimits,
		"VerdictLimits": testVerdictLimits,
		"TooLarge":      testTooLarge,
		"Bodies":        testBodies,
		"BodyRefused":   testBodyRefused,
		"BigBody":       testBigBody,
		"BigBodyRace":   testBigBodyRace,
		"ManyBodies":    testManyBodies,
		"Verdict":       testVerdict,
		"BigVerdict":    testBigVerdict,
		"VerdictRace":   testVerdictRace,
		"Latest":        testLatest,
		"Since":         testSince,
		"Forget":        testForget,
		"BadReportID":   testBadReportID,
		"Cancelled":     testCancelled,
		"AgainstModel":  testModel,
		"ReportsApart":  testReportsApart,
		"MissingReport": testMissingReport,
	}
	why := map[string]string{}
	for _, s := range skip {
		require.Contains(t, tests, s.Name)
		why[s.Name] = s.Why
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if why[name] != "" {
				t.Skip(why[name])
			}
			test(t, open(t))
		})
	}
}

// The suite's time, in epoch milliseconds, and its rules.
var (
	noon  = time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC).UnixMilli()
	rules = protocol.Rules{ReviewDelay: 10 * time.Minute, Window: time.Hour, Retention: 90 * 24 * time.Hour}
)

var fingerprints atomic.Int64

// fingerprint is a new one with each call.
func fingerprint() string { return fmt.Sprintf("fp%d", fingerprints.Add(1)) }

// opened opens a report and returns its item.
func opened(t *testing.T, s store.Store) protocol.Item {
	t.Helper()
	fresh := protocol.Fresh(fingerprint(), noon, rules)
	item, err := s.Open(t.Context(), fresh, noon)
	require.NoError(t, err)
	require.Equal(t, fresh, item)
	return item
}

// swapped changes an item by a Swap that must be made.
func swapped(t *testing.T, s store.Store, was protocol.Item, change func(*protocol.Item)) protocol.Item {
	t.Helper()
	next := was
	change(&next)
	item, made, err := s.Swap(t.Context(), was, next)
	require.NoError(t, err)
	require.True(t, made)
	return item
}

// settled settles a report, which must be made or not, and asserts the Judged that stood before.
func settled(t *testing.T, s store.Store, reportID string, ver int64, verdict responder.Severity, made bool, before int64) {
	t.Helper()
	gotBefore, gotMade, err := s.Settle(t.Context(), reportID, ver, verdict)
	require.NoError(t, err)
	require.Equal(t, made, gotMade)
	if made {
		require.Equal(t, before, gotBefore)
	}
}

// stands asserts that an item is what Get returns.
func stands(t *testing.T, s store.Store, want protocol.Item) {
	t.Helper()
	got, err := s.Get(t.Context(), want.Fingerprint)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// together runs n functions at the same time.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func testCancelled(t *testing.T, s Driver) {
	item := opened(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := store.Verdict{Ver: 1, OpenedAt: noon, Data: []byte(`{}`)}
	for name, call := range map[string]func() error{
		"Get":        func() error { _, err := s.Get(ctx, item.Fingerprint); return err },
		"Open":       func() error { _, err := s.Open(ctx, item, noon); return err },
		"Swap":       func() error { _, _, err := s.Swap(ctx, item, item); return err },
		"CrossOff":   func() error { _, _, err := s.CrossOff(ctx, item.ReportID, "0.a/b", true); return err },
		"Count":      func() error { _, _, err := s.Count(ctx, item.ReportID, 1, 1); return err },
		"Settle":     func() error { _, _, err := s.Settle(ctx, item.ReportID, 1, "safe"); return err },
		"PutBody":    func() error { return s.PutBody(ctx, item.ReportID, body("A#1", "{}")) },
		"Bodies":     func() error { _, err := s.Bodies(ctx, item.ReportID); return err },
		"PutVerdict": func() error { _, err := s.PutVerdict(ctx, item.ReportID, v); return err },
		"Latest":     func() error { _, _, err := s.Latest(ctx, item.ReportID); return err },
		"Since":      func() error { _, err := s.Since(ctx, time.UnixMilli(noon), time.UnixMilli(noon)); return err },
		"Forget":     func() error { return s.Forget(ctx, item.ReportID) },
	} {
		assert.ErrorIs(t, call(), context.Canceled, name)
	}
	stands(t, s, item)
}

func testBadReportID(t *testing.T, s Driver) {
	ctx := t.Context()
	for _, id := range []string{"", "abc", "-1", "abc-", "abc-ZZ", "a.c-1", "abc-1-1", "abc-01"} {
		bad := protocol.Item{Fingerprint: "abc", ReportID: id}
		for name, call := range map[string]func() error{
			"Swap":       func() error { _, _, err := s.Swap(ctx, bad, bad); return err },
			"CrossOff":   func() error { _, _, err := s.CrossOff(ctx, id, "0.a/b", true); return err },
			"Count":      func() error { _, _, err := s.Count(ctx, id, 1, 1); return err },
			"Settle":     func() error { _, _, err := s.Settle(ctx, id, 1, "safe"); return err },
			"PutBody":    func() error { return s.PutBody(ctx, id, body("A#1", "{}")) },
			"PutVerdict": func() error { _, err := s.PutVerdict(ctx, id, store.Verdict{Ver: 1}); return err },
			"Forget":     func() error { return s.Forget(ctx, id) },
		} {
			assert.ErrorContains(t, call(), "report_id", "%s %q", name, id)
		}
	}
}
