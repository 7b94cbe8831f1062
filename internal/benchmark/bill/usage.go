// Package bill says what a use of AWS costs, by its published prices, to the last digit.
//
// in → out: how much of what was used → dollars, line by line.
package bill

// Usage is what AWS bills. The zero Usage is nothing.
type Usage struct {
	WriteUnits  int64 `json:"write_units"` // DynamoDB on demand, those of indexes among them
	HalfReads   int64 `json:"half_reads"`  // DynamoDB on demand: halves of a read unit; a strongly consistent read of 4 KB has two
	Requests    int64 `json:"requests"`    // SQS: 64 KB each, receives and deletes of the pollers among them
	Publishes   int64 `json:"publishes"`   // SNS: 64 KB each
	Deliveries  int64 `json:"deliveries"`  // SNS to SQS: 64 KB each; SNS takes nothing for them
	Invocations int64 `json:"invocations"` // Lambda
	MBMillis    int64 `json:"mb_millis"`   // Lambda: megabytes of memory × milliseconds
	LogBytes    int64 `json:"log_bytes"`   // CloudWatch Logs, with what it adds to each line
	Transitions int64 `json:"transitions"` // Step Functions, standard workflows
}

// Plus adds what else was used.
func (u Usage) Plus(v Usage) Usage {
	u.WriteUnits += v.WriteUnits
	u.HalfReads += v.HalfReads
	u.Requests += v.Requests
	u.Publishes += v.Publishes
	u.Deliveries += v.Deliveries
	u.Invocations += v.Invocations
	u.MBMillis += v.MBMillis
	u.LogBytes += v.LogBytes
	u.Transitions += v.Transitions
	return u
}

// Times is the same so often.
func (u Usage) Times(n int64) Usage {
	return Usage{
		WriteUnits: n * u.WriteUnits, HalfReads: n * u.HalfReads, Requests: n * u.Requests, Publishes: n * u.Publishes,
		Deliveries: n * u.Deliveries, Invocations: n * u.Invocations, MBMillis: n * u.MBMillis,
		LogBytes: n * u.LogBytes, Transitions: n * u.Transitions,
	}
}

// Chunk is what SQS and SNS count as one request, in bytes, and LogLine what CloudWatch Logs adds to each line.
//
// Sources: Amazon SQS pricing and Amazon SNS pricing, "each 64 KB chunk of a payload is billed as 1 request"; Amazon
// CloudWatch Logs API Reference, PutLogEvents.
const (
	Chunk   = 64 << 10
	LogLine = 26
)

// Chunks is how many requests a payload of so many bytes is billed as.
func Chunks(bytes int) int64 { return max(1, int64(bytes+Chunk-1)/Chunk) }
