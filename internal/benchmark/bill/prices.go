package bill

import (
	"fmt"
	"math/big"
)

// Where and when the prices are from.
const (
	Region = "us-east-1, US East (N. Virginia)"
	AsOf   = "March to June 2026"
)

// Price is what AWS asks for so many of something, before any free tier and any discount for volume.
type Price struct {
	Name    string `json:"name"`
	Dollars string `json:"dollars"` // exact, as it is published
	Per     int64  `json:"per"`
	Scale   int64  `json:"scale"` // how many of what is counted are one of what is billed: halves of a read unit, megabyte-milliseconds
	Page    string `json:"page"`  // the title of the page of AWS that has it
	// Seen says where the number could be read: the page itself, or others who quote it.
	Seen string `json:"seen"`
	of   func(Usage) int64
}

const (
	itself = "the page"
	quoted = "quoted by others, 2025–2026; not verified on the page itself"
)

// Prices is the list, in the order of the bill.
var Prices = []Price{
	{"DynamoDB write units", "0.625", 1e6, 1, "Amazon DynamoDB pricing for on-demand capacity", quoted, func(u Usage) int64 { return u.WriteUnits }},
	{"DynamoDB read units", "0.125", 2e6, 2, "Amazon DynamoDB pricing for on-demand capacity", quoted, func(u Usage) int64 { return u.HalfReads }},
	{"SQS requests", "0.40", 1e6, 1, "Amazon SQS pricing", quoted, func(u Usage) int64 { return u.Requests }},
	{"SNS publishes", "0.50", 1e6, 1, "Amazon SNS pricing", quoted, func(u Usage) int64 { return u.Publishes }},
	{"Lambda requests", "0.20", 1e6, 1, "AWS Lambda pricing", quoted, func(u Usage) int64 { return u.Invocations }},
	{"Lambda GB-seconds, arm64", "0.0000133334", 1024 * 1000, 1024 * 1000, "AWS Lambda pricing", quoted, func(u Usage) int64 { return u.MBMillis }},
	{"CloudWatch log bytes", "0.50", 1e9, 1, "Amazon CloudWatch pricing", quoted, func(u Usage) int64 { return u.LogBytes }},
	{"Step Functions transitions", "0.025", 1e3, 1, "AWS Step Functions pricing", itself, func(u Usage) int64 { return u.Transitions }},
}

// Alarm is the price of one alarm for a month.
var Alarm = Price{Name: "CloudWatch alarms", Dollars: "0.10", Per: 1, Scale: 1, Page: "Amazon CloudWatch pricing", Seen: quoted}

// Line is one line of a bill.
type Line struct {
	Price
	Quantity int64   `json:"quantity"`
	Sum      Dollars `json:"sum"`
}

// Bill is what a use costs.
type Bill []Line

// Of makes the bill of a use; what was not used is not on it.
func Of(u Usage) Bill {
	var b Bill
	for _, p := range Prices {
		if n := p.of(u); n != 0 {
			b = append(b, Line{p, n, p.Times(n)})
		}
	}
	return b
}

// Times is what so many cost.
func (p Price) Times(n int64) Dollars {
	d, ok := new(big.Rat).SetString(p.Dollars)
	if !ok {
		panic(fmt.Sprintf("price of %s: %q", p.Name, p.Dollars))
	}
	return Dollars{d.Mul(d, big.NewRat(n, p.Per))}
}
