package bill

// How Lambda polls a queue in which nothing is: with five long polls of 20 seconds at once, each an empty receive.
//
// Source: AWS Lambda Developer Guide, "Using Lambda with Amazon SQS", polling and batching; the number of pollers of an
// idle mapping is what others observed, AWS does not promise it.
const (
	pollers      = 5
	pollSeconds  = 20
	monthSeconds = 30 * 24 * 60 * 60
)

// Polls is how many receives a month of so many idle event source mappings is billed as.
func Polls(mappings int) int64 { return int64(mappings) * pollers * monthSeconds / pollSeconds }

// Idle is what a month costs in which nothing happens: polling, and the alarms.
func Idle(mappings, alarms int) Usual {
	polls := Polls(mappings)
	return Usual{
		Polling:     Of(Usage{Requests: polls}).Total(),
		PollingFree: Of(Usage{Requests: max(0, polls-FreeRequests)}).Total(),
		Alarms:      Alarm.Times(int64(alarms)),
		AlarmsFree:  Alarm.Times(int64(max(0, alarms-FreeAlarms))),
	}
}

// What AWS gives each account every month (Amazon SQS pricing, Amazon CloudWatch pricing: always free).
const (
	FreeRequests = 1_000_000
	FreeAlarms   = 10
)

// Usual is a month in which nothing happens, in dollars, with and without what is free.
type Usual struct {
	Polling     Dollars `json:"polling"`
	PollingFree Dollars `json:"polling_free"`
	Alarms      Dollars `json:"alarms"`
	AlarmsFree  Dollars `json:"alarms_free"`
}
