package metrics

import "strconv"

// metadataKey is the member that makes a line one of the embedded metric format (Amazon CloudWatch User Guide,
// "Specification: Embedded metric format").
const metadataKey = "_aws"

// metadata says which members of its line are metrics.
type metadata struct {
	at    int64 // epoch milliseconds
	names []string
}

// MarshalJSON implements json.Marshaler. It is written by hand, without what encoding/json builds for each type at the
// first use. All of it are constants and a number: there is nothing to escape. No metric has a unit: that of the time would
// be 22 bytes in each verdict's line, and docs/metrics.md says it.
func (m metadata) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 256)
	b = append(b, `{"Timestamp":`...)
	b = strconv.AppendInt(b, m.at, 10)
	b = append(b, `,"CloudWatchMetrics":[{"Namespace":"`+Namespace+`","Dimensions":[["`+Dimension+`"]],"Metrics":[`...)
	for i, name := range m.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"Name":"`...), name...), `"}`...)
	}
	return append(b, `]}]}`...), nil
}
