package bill

import (
	"math/big"
	"time"
)

// Kept is what lies in tables, in bytes as DynamoDB bills them: a hundred more for each row, also of an index.
//
// Sources: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats" (storage billing) and "Enable point-in-time
// recovery" (backups are billed by the tables without their global indexes).
type Kept struct {
	Tables  int64 `json:"tables"`
	Indexes int64 `json:"indexes"`
}

// RowOverhead is what DynamoDB bills beside the bytes of a row that it keeps.
const RowOverhead = 100

// Since is what has come since there was so much.
func (k Kept) Since(before Kept) Kept {
	return Kept{k.Tables - before.Tables, k.Indexes - before.Indexes}
}

// Prices of what is kept, for a month.
var (
	Storage = Price{Name: "DynamoDB storage, GB-months", Dollars: "0.25", Per: 1e9, Scale: 1e9, Page: "Amazon DynamoDB pricing for on-demand capacity", Seen: "an older edition of the page"}
	Backup  = Price{Name: "DynamoDB point-in-time recovery, GB-months", Dollars: "0.20", Per: 1e9, Scale: 1e9, Page: "Amazon DynamoDB pricing for on-demand capacity", Seen: quoted}
)

// For is what it costs to keep that for so long, in the tables and in their backups.
func (k Kept) For(kept time.Duration) (storage, backup Dollars) {
	months := big.NewRat(int64(kept/time.Second), monthSeconds)
	storage, backup = Storage.Times(k.Tables+k.Indexes), Backup.Times(k.Tables)
	storage.Mul(storage.Rat, months)
	backup.Mul(backup.Rat, months)
	return storage, backup
}

// Metric is the price of a metric of one's own for a month, and FreeMetrics how many are free.
var Metric = Price{Name: "CloudWatch metrics of one's own", Dollars: "0.30", Per: 1, Scale: 1, Page: "Amazon CloudWatch pricing", Seen: quoted}

// FreeMetrics is how many metrics of its own each account has for nothing (Amazon CloudWatch pricing: always free).
const FreeMetrics = 10
