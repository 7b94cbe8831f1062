package ingest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/ingest"
)

// BenchmarkSender reads the fixtures of each sender. ×unmarshal is the time that it takes to that of json.Unmarshal into a
// map of the same messages, in the same run; texts have none.
func BenchmarkSender(b *testing.B) {
	folders := map[string][]string{}
	for name, body := range fixtures(b) {
		folder, _, ok := strings.Cut(name, "/")
		if !ok {
			folder = "all senders"
		}
		folders[folder] = append(folders[folder], body)
	}
	var names []string
	for folder := range folders {
		names = append(names, folder)
	}
	slices.Sort(names)
	for _, folder := range names {
		b.Run(folder, func(b *testing.B) { benchmark(b, folders[folder]) })
	}
}

// BenchmarkEvil reads the messages of 1 MiB that cost most: the slowest of them, in milliseconds, and its ratio to
// json.Unmarshal of a finding of that size.
func BenchmarkEvil(b *testing.B) {
	large := []byte(`{"Findings":[` + strings.Repeat(read(b, "guardduty/inbound.json")+",", 1<<20/len(read(b, "guardduty/inbound.json"))) + "{}]}")
	bodies := evil()
	var slowest, usual time.Duration
	for b.Loop() {
		slowest, usual = 0, fastest(func() { var v map[string]any; require.NoError(b, json.Unmarshal(large, &v)) })
		for _, body := range bodies {
			slowest = max(slowest, fastest(func() { ingest.Alerts(delivery(body)) }))
		}
	}
	b.ReportMetric(float64(slowest)/1e6, "ms-slowest")
	b.ReportMetric(float64(slowest)/float64(usual), "×unmarshal")
	b.ReportMetric(0, "ns/op")
}

// fastest is the time of the fastest of a few runs: noise only adds.
func fastest(f func()) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

func benchmark(b *testing.B, bodies []string) {
	size := 0
	var decodable []string
	for _, body := range bodies {
		size += len(body)
		if json.Valid([]byte(body)) {
			decodable = append(decodable, body)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var reading, unmarshalling time.Duration
	for n := 0; b.Loop(); n++ {
		for _, body := range bodies {
			ingest.Alerts(delivery(body))
		}
		if n%8 != 0 {
			continue
		}
		b.StopTimer()
		for _, body := range decodable {
			reading += fastest(func() { ingest.Alerts(delivery(body)) })
			unmarshalling += fastest(func() { var v any; _ = json.Unmarshal([]byte(body), &v) })
		}
		b.StartTimer()
	}
	if len(decodable) > 0 {
		b.ReportMetric(float64(reading)/float64(unmarshalling), "×unmarshal")
	}
}
