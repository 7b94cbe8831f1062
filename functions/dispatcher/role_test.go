package main

import (
	"testing"

	"github.com/m-mizutani/AlertResponder/internal/onaws/onawstest"
)

// A task is handed out; one for which there is no time waits.
func TestRole(t *testing.T) {
	task := []string{`{"v":1,"report_id":"AAAAAAAAAAAAAAAAAAAAAAAAAA-mwvuj5jt","origin":"0.A",
		"attributes":[{"type":"ipaddr","value":"198.51.100.66"}]}`}
	onawstest.Role(t, "../../template.yml", "Dispatcher", start,
		onawstest.Work{Bodies: task}, onawstest.Work{Bodies: task, NoTime: true})
}
