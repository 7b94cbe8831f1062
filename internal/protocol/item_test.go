package protocol_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/protocol"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

const (
	fingerprint = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	noon        = int64(1_700_000_000_000) // epoch milliseconds
	minute      = int64(60_000)
)

var rules = protocol.Rules{ReviewDelay: 10 * time.Minute, Window: time.Hour, Retention: 24 * time.Hour}

func TestFreshIsAnEmptyReport(t *testing.T) {
	assert.Equal(t, protocol.Item{
		Fingerprint: fingerprint,
		ReportID:    fingerprint + "-loyw3v28",
		OpenedAt:    noon,
		ClosesAt:    noon + 60*minute,
		ExpiresAt:   noon/1000 + 24*3600,
	}, protocol.Fresh(fingerprint, noon, rules))
}

func TestOpens(t *testing.T) {
	for _, test := range []struct {
		name        string
		item        protocol.Item
		now         int64
		opens, sets bool
	}{
		{"nothing stands", protocol.Item{}, noon, true, true},
		{"empty, in its window", protocol.Item{ReportID: "r", ClosesAt: noon + 1}, noon, false, true},
		{"settled, in its window", protocol.Item{ReportID: "r", ClosesAt: noon + 1, Ver: 3, Judged: 3}, noon, false, true},
		{"settled, at the end of its window", protocol.Item{ReportID: "r", ClosesAt: noon, Ver: 3, Judged: 3}, noon, false, true},
		{"settled, past its window", protocol.Item{ReportID: "r", ClosesAt: noon - 1, Ver: 3, Judged: 3}, noon, true, true},
		{"empty, past its window", protocol.Item{ReportID: "r", ClosesAt: noon - 1}, noon, true, true},
		{"never judged, past its window", protocol.Item{ReportID: "r", ClosesAt: noon - 1, Ver: 1}, noon, false, false},
		{"evidence since the verdict, past its window", protocol.Item{ReportID: "r", ClosesAt: noon - 1, Ver: 4, Judged: 3}, noon, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.opens, protocol.Opens(test.item, test.now))
			assert.Equal(t, test.sets, test.item.Settled())
			assert.Equal(t, test.item.ReportID != "", test.item.Exists())
		})
	}
}

func TestThen(t *testing.T) {
	pending := protocol.SetOf("0.a/x")
	orphaned := protocol.HealAfter.Milliseconds()
	for _, test := range []struct {
		name string
		item protocol.Item
		step protocol.Step
	}{
		{"an empty report", protocol.Item{}, protocol.Rest},
		{"judged", protocol.Item{Ver: 2, Judged: 2}, protocol.Rest},
		{"judged, somebody is late", protocol.Item{Ver: 2, Judged: 2, Late: pending}, protocol.Rest},
		{"not judged", protocol.Item{Ver: 2, Judged: 1}, protocol.Review},
		{"never judged, the deadline long past", protocol.Item{Ver: 1, DeadlineAt: 1}, protocol.Review},
		{"not judged, somebody is late", protocol.Item{Ver: 2, Judged: 1, Late: pending}, protocol.Review},
		{"somebody is awaited", protocol.Item{Ver: 2, Judged: 1, Pending: pending, DeadlineAt: noon + 1}, protocol.Rest},
		{"the deadline has come", protocol.Item{Ver: 2, Judged: 1, Pending: pending, DeadlineAt: noon}, protocol.Rest},
		{"the deadline came just five minutes ago", protocol.Item{Ver: 2, Judged: 1, Pending: pending, DeadlineAt: noon - orphaned}, protocol.Rest},
		{"the deadline came more than five minutes ago", protocol.Item{Ver: 2, Judged: 1, Pending: pending, DeadlineAt: noon - orphaned - 1}, protocol.Heal},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.step, protocol.Then(test.item, noon))
			assert.Equal(t, test.step == protocol.Review, test.item.WantsReview())
			assert.Equal(t, test.step == protocol.Heal, test.item.Overdue(noon))
		})
	}
}

func TestSeqGrowsWithEachUpdate(t *testing.T) {
	last := int64(0)
	for ver := int64(1); ver < 5; ver++ {
		i := protocol.Item{Ver: ver}
		assert.Greater(t, i.NoticeSeq(), last)
		assert.Greater(t, i.VerdictSeq(), i.NoticeSeq(), "a verdict replaces the notice of its evidence")
		assert.Equal(t, []int64{0, 1}, []int64{i.NoticeSeq() % 2, i.VerdictSeq() % 2})
		last = i.VerdictSeq()
	}
}

func TestRulesReportAllFaultsAtOnce(t *testing.T) {
	assert.Empty(t, rules.Check())
	good := protocol.Rules{InspectionDelay: 899 * time.Second, ReviewDelay: 900 * time.Second, Window: 901 * time.Second, Retention: 902 * time.Second}
	assert.Empty(t, good.Check())
	for _, test := range []struct {
		change func(*protocol.Rules)
		named  []string
	}{
		{func(r *protocol.Rules) { r.ReviewDelay = 901 * time.Second }, []string{"ReviewDelay", "AggregationWindow"}},
		{func(r *protocol.Rules) { r.ReviewDelay = 0 }, []string{"ReviewDelay", "InspectionDelay"}},
		{func(r *protocol.Rules) { r.InspectionDelay = 900 * time.Second }, []string{"InspectionDelay"}},
		{func(r *protocol.Rules) { r.InspectionDelay = -1 }, []string{"InspectionDelay"}},
		{func(r *protocol.Rules) { r.Window = 900 * time.Second }, []string{"AggregationWindow"}},
		{func(r *protocol.Rules) { r.Retention = 901 * time.Second }, []string{"RetentionDays"}},
		{func(r *protocol.Rules) { *r = protocol.Rules{InspectionDelay: -1} }, []string{"ReviewDelay", "InspectionDelay", "AggregationWindow", "RetentionDays"}},
	} {
		bad := good
		test.change(&bad)
		errs := bad.Check()
		require.Len(t, errs, len(test.named), "%v", errs)
		for n, name := range test.named {
			assert.True(t, strings.HasPrefix(errs[n].Error(), name+": "), errs[n])
			assert.ErrorContains(t, errs[n], "expected")
		}
	}
}

func TestParseReportID(t *testing.T) {
	for id, want := range map[string]int64{
		fingerprint + "-loyw3v28": noon, fingerprint + "-0": 0, "a-1y2p0ij32e8e7": 1<<63 - 1,
	} {
		fp, opened, err := protocol.ParseReportID(id)
		require.NoError(t, err, id)
		assert.Equal(t, id, protocol.ReportID(fp, opened))
		assert.Equal(t, want, opened)
	}
	for _, bad := range []string{
		"", "-", "-1", fingerprint, fingerprint + "-", fingerprint + "--1", fingerprint + "-+1", fingerprint + "-LOYW3V28",
		fingerprint + "-01", fingerprint + "-1 ", fingerprint + "-1-1", " a-1", "a#b-1", "a/b-1", "ä-1", "a-1y2p0ij32e8e8",
		strings.Repeat("A", 65) + "-1",
	} {
		_, _, err := protocol.ParseReportID(bad)
		require.Error(t, err, bad)
		assert.ErrorContains(t, err, "report_id: ")
	}
	_, _, err := protocol.ParseReportID(strings.Repeat("x", 1<<20))
	assert.Less(t, len(err.Error()), 200)
}

// Whatever is taken for a report id is the one spelling of its parts, and fits into a key.
func FuzzParseReportID(f *testing.F) {
	for _, seed := range []string{
		fingerprint + "-loyw3v28", "a-0", "a-", "-a", "a-00", "a--1", "a-+1", "a-1y2p0ij32e8e8", "A#-1", "\xff-1", "a-1\x00", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		fp, opened, err := protocol.ParseReportID(id)
		if err != nil {
			assert.Empty(t, fp)
			assert.Zero(t, opened)
			return
		}
		assert.Equal(t, id, protocol.ReportID(fp, opened))
		assert.NotContains(t, fp, "-")
		assert.NotContains(t, id, "#")
		assert.GreaterOrEqual(t, opened, int64(0))
		assert.LessOrEqual(t, len(id), 64+1+13)
	})
}

// A report with all the attributes that it can have, and two inspectors, stays small: each update is billed on
// the whole item.
func TestTheItemStaysSmall(t *testing.T) {
	size := func(i protocol.Item) (n int) {
		for _, set := range []protocol.Set{i.Pending, i.Late, i.Seen, i.Origins} {
			for _, member := range set {
				n += len(member)
			}
		}
		return n
	}
	j := protocol.Join(protocol.Fresh(fingerprint, noon, rules), []protocol.Arrival{{ID: fingerprint, Attrs: attrs(64)}},
		func([]responder.Attribute) []string { return []string{"inspector-one", "inspector-two"} }, noon, rules)
	assert.Equal(t, 64*8+8+2*(2+26+1+13), size(j.Next))
}
