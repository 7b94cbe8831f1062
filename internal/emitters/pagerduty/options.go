package pagerduty

import (
	"errors"
	"fmt"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

type options struct {
	least   responder.Severity // the lowest that pages
	baseURL string             // of the service region
}

// regions are the service regions of PagerDuty: an account is in one of them, and its keys are known there only
// ("Service Regions"; for the US also "Send an Alert Event", "Endpoint").
var regions = map[string]string{"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}

// parseOptions reads PAGERDUTY_OPTIONS.
func parseOptions(text string) (options, error) {
	values, err := delivery.ParseOptions(text, "severity", "region")
	o := options{least: responder.Urgent, baseURL: regions["us"]}
	errs := []error{err}
	if value, ok := values["severity"]; ok {
		o.least = responder.Severity(value)
		if o.least != responder.Urgent && o.least != responder.Unclassified { // what is safe wakes nobody
			errs = append(errs, fmt.Errorf("severity=%.60q, expected urgent or unclassified", value))
		}
	}
	if value, ok := values["region"]; ok {
		if o.baseURL = regions[value]; o.baseURL == "" {
			errs = append(errs, fmt.Errorf("region=%.60q, expected us or eu", value))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return options{}, fmt.Errorf("PAGERDUTY_OPTIONS: %w", err)
	}
	return o, nil
}
