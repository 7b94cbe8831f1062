package meter_test

import (
	"testing"
	"time"

	"github.com/m-mizutani/AlertResponder/internal/benchmark/meter"
	"github.com/m-mizutani/AlertResponder/internal/plugindata"
	plugindynamo "github.com/m-mizutani/AlertResponder/internal/plugindata/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/plugindata/plugindatatest"
	"github.com/m-mizutani/AlertResponder/internal/store"
	"github.com/m-mizutani/AlertResponder/internal/store/dynamo"
	"github.com/m-mizutani/AlertResponder/internal/store/storetest"
)

const retention = 90 * 24 * time.Hour

// What meters behaves as DynamoDB does: the drivers pass their suites on it.
func TestTheDriversPassTheirSuites(t *testing.T) {
	if raced {
		t.Skip("the suites look for races of the drivers elsewhere: this would take a minute more")
	}
	storetest.Run(t, func(*testing.T) interface {
		store.Store
		store.Reader
	} {
		d := meter.NewDynamoDB(func(string, int64, int64) {})
		d.AddTables()
		return dynamo.New(d.Client(), dynamo.Tables{AlertMap: meter.AlertMap, ReportData: meter.ReportData}, retention)
	})
	plugindatatest.Run(t, func(*testing.T) plugindata.Receipts {
		d := meter.NewDynamoDB(func(string, int64, int64) {})
		d.AddTables()
		return plugindynamo.New(d.Client(), meter.PluginData)
	})
}
