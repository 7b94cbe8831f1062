package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/cli/console"
	"github.com/m-mizutani/AlertResponder/internal/cli/show"
	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/intel"
)

// asked is the memory of a stack whose inspector asked so often.
func asked(t *testing.T, times int) responder.Memory {
	m := responder.NewMemory()
	q := &intel.Quota{Service: "virustotal", Name: "VirusTotal", Memory: m, Now: time.Now,
		Limits: []intel.Limit{{Per: intel.Minute, Most: 4}, {Per: intel.Day, Most: 500}}}
	for range times {
		require.NoError(t, q.Take(context.WithValue(t.Context(), t, times)))
	}
	return m
}

func TestUsedAsPeopleSayIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list, err := readUsage(t.Context(), asked(t, 3), []string{"virustotal", "greynoise", "virustotal"}, time.Now())
		require.NoError(t, err)
		require.Len(t, list, 1, "who has not asked has no quota yet")
		assert.Equal(t, "VirusTotal 3 of 500 today, 3 of 4 this minute\n", usageLine(show.NewScreen(0, false), list[0], time.Now()))
	})
}

func TestUsedUp(t *testing.T) {
	now := time.Date(2026, 3, 14, 18, 0, 0, 0, time.UTC)
	u := intel.Usage{Service: "virustotal", Name: "Virus\x1bTotal", Until: now.Add(6 * time.Hour), Limits: []intel.Used{
		{Limit: intel.Limit{Per: intel.Month, Most: 15500}, Used: 1}, {Limit: intel.Limit{Per: intel.Day, Most: 500}, Used: 500}}}
	assert.Equal(t, "Virus\uFFFDTotal 1 of 15500 this month, 500 of 500 today; may be asked again in 6h0m, after 2026-03-15 00:00:00 UTC\n",
		usageLine(show.NewScreen(0, false), u, now))
	assert.NotContains(t, usageLine(show.NewScreen(0, false), u, now.Add(6*time.Hour)), "again", "it is over")
	assert.Contains(t, usageLine(show.NewScreen(0, true), u, now), "\x1b[31m500 of 500 today", "what is used up is red")
	assert.Equal(t, "x no limits\n", usageLine(show.NewScreen(0, false), intel.Usage{Service: "x"}, now))
}

func TestUsedAsJSON(t *testing.T) {
	var out, errs bytes.Buffer
	con := &console.Console{Out: &out, Err: &errs, Screen: show.NewScreen(0, false)}
	until := time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	require.NoError(t, (&quota{Output: "json"}).print(con, []intel.Usage{{Service: "virustotal", Name: "VirusTotal", Until: until,
		Limits: []intel.Used{{Limit: intel.Limit{Per: intel.Day, Most: 500}, Used: 312}}}, {Service: "mine"}}, until))
	var one map[string]any
	line, err := out.ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &one))
	assert.Equal(t, map[string]any{"service": "virustotal", "name": "VirusTotal", "blocked_until": "2026-03-15T00:00:00Z",
		"limits": []any{map[string]any{"per": "day", "most": 500., "used": 312.}}}, one)
	assert.Equal(t, `{"service":"mine","name":"mine","limits":[]}`+"\n", out.String())
	assert.Empty(t, errs.String())

	require.NoError(t, (&quota{Output: "json"}).print(con, nil, until))
	assert.Contains(t, errs.String(), "nobody has asked")
}

// parameters are Systems Manager.
type parameters struct {
	names []string
	err   error
}

func (p parameters) GetParametersByPath(_ context.Context, in *ssm.GetParametersByPathInput, _ ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error) {
	out := &ssm.GetParametersByPathOutput{}
	for _, n := range p.names {
		out.Parameters = append(out.Parameters, types.Parameter{Name: aws.String(*in.Path + "/" + n), Value: aws.String("ipaddr")})
	}
	return out, p.err
}

func TestServicesOfAStack(t *testing.T) {
	var errs bytes.Buffer
	con := &console.Console{Err: &errs}
	got := services(t.Context(), con, parameters{names: []string{"mine", "virustotal"}}, "s")
	assert.Equal(t, []string{"virustotal", "abuseipdb", "greynoise", "abusech", "mine", "virustotal"}, got)
	assert.Empty(t, errs.String())
	got = services(t.Context(), con, parameters{err: errors.New("denied")}, "s")
	assert.Equal(t, []string{"virustotal", "abuseipdb", "greynoise", "abusech"}, got)
	assert.Contains(t, errs.String(), "denied")
}
