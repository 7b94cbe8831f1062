package bill_test

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/bill"
)

// Each line of the list by itself: what a million of it costs.
func TestPrices(t *testing.T) {
	const million = 1e6
	for dollars, u := range map[string]bill.Usage{
		"0.6250000000": {WriteUnits: million},
		"0.1250000000": {HalfReads: 2 * million},
		"0.4000000000": {Requests: million},
		"0.5000000000": {Publishes: million},
		"0.2000000000": {Invocations: million},
		"3.3333500000": {MBMillis: 250 * 1024 * million}, // a million times 250 ms in 1 GB
		"0.0002760000": {LogBytes: 552_000},
		"25.000000000": {Transitions: million},
		"0.0000000000": {Deliveries: million},
	} {
		b := bill.Of(u)
		assert.Equal(t, dollars, b.Total().FloatString(10)[:12], "%+v", u)
		assert.LessOrEqual(t, len(b), 1, "%+v", u)
	}
	assert.Empty(t, bill.Of(bill.Usage{}))
	seen := map[string]bool{}
	for _, p := range append(slices.Clone(bill.Prices), bill.Storage, bill.Backup, bill.Alarm, bill.Metric) {
		assert.False(t, seen[p.Name], p.Name)
		seen[p.Name] = true
		assert.Positive(t, p.Times(1).Sign(), p.Name)
		assert.NotEmpty(t, p.Page, p.Name)
		assert.NotEmpty(t, p.Seen, p.Name)
	}
}

// Sums are exact: a tenth ten times is one.
func TestSumsAreExact(t *testing.T) {
	u := bill.Usage{WriteUnits: 1, HalfReads: 2, Requests: 3, Publishes: 4, Deliveries: 5, Invocations: 6, MBMillis: 7, LogBytes: 8, Transitions: 9}
	var sum bill.Usage
	for range 10 {
		sum = sum.Plus(u)
	}
	assert.Equal(t, u.Times(10), sum)
	ten := new(big.Rat).Mul(bill.Of(u).Total().Rat, big.NewRat(10, 1))
	assert.Zero(t, ten.Cmp(bill.Of(sum).Total().Rat))
	assert.Len(t, bill.Of(u), len(bill.Prices))
	assert.Equal(t, "2500000.00", bill.Dollars{Rat: big.NewRat(10, 1)}.PerMillion(4).FloatString(2))
	assert.True(t, bill.Dollars{Rat: big.NewRat(20, 1)}.AtMost(20))
	assert.False(t, bill.Dollars{Rat: big.NewRat(2_000_001, 100_000)}.AtMost(20))
}

// A month has thirty days; backups have the indexes not.
func TestKept(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		tables, indexes int64
		kept            time.Duration
		storage, backup string
	}{
		{1e9, 0, 30 * day, "0.250000", "0.200000"},
		{0, 1e9, 30 * day, "0.250000", "0.000000"},
		{1e9, 1e9, 90 * day, "1.500000", "0.600000"},
		{1e6, 0, 1 * day, "0.000008", "0.000007"},
		{0, 0, 90 * day, "0.000000", "0.000000"},
	} {
		storage, backup := bill.Kept{Tables: c.tables, Indexes: c.indexes}.For(c.kept)
		assert.Equal(t, []string{c.storage, c.backup}, []string{storage.FloatString(6), backup.FloatString(6)}, "%+v", c)
	}
	assert.Equal(t, bill.Kept{Tables: 2, Indexes: 3}, bill.Kept{Tables: 12, Indexes: 5}.Since(bill.Kept{Tables: 10, Indexes: 2}))
	assert.Equal(t, "2.40", bill.Metric.Times(8).FloatString(2))
}

func TestChunks(t *testing.T) {
	for bytes, want := range map[int]int64{0: 1, 1: 1, 64 << 10: 1, 64<<10 + 1: 2, 1 << 20: 16} {
		assert.Equal(t, want, bill.Chunks(bytes), "%d bytes", bytes)
	}
}

// Five pollers ask each queue three times a minute: 648,000 receives a month.
func TestIdle(t *testing.T) {
	assert.Equal(t, int64(648_000), bill.Polls(1))
	idle := bill.Idle(4, 12)
	assert.Equal(t, "1.0368", idle.Polling.FloatString(4))
	assert.Equal(t, "0.6368", idle.PollingFree.FloatString(4))
	assert.Equal(t, "1.2000", idle.Alarms.FloatString(4))
	assert.Equal(t, "0.2000", idle.AlarmsFree.FloatString(4))
	one := bill.Idle(1, 0)
	assert.Zero(t, one.PollingFree.Sign())
	assert.Zero(t, one.AlarmsFree.Sign())
}
