package ssm_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/enginetest"
	registry "github.com/m-mizutani/AlertResponder/internal/registry/ssm"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// endpoint is where an engine with the Parameter Store listens, such as MiniStack. Its CA bundle is AWS_CA_BUNDLE.
const endpoint = "AR_TEST_ENDPOINT"

// More inspectors than a page has, on a service that throttles, breaks off and loses answers: all of the list or an error.
func TestInspectorsOnTheEngine(t *testing.T) {
	cfg := enginetest.Config(t, endpoint)
	path := "/alertresponder/test-" + rand.Text() + "/inspectors"
	put(t, ssm.NewFromConfig(cfg), path, 23)
	faults := new(enginetest.Faults)
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), faults.Option)
	client := ssm.NewFromConfig(cfg)
	for _, c := range []struct {
		name     string
		plan     enginetest.Plan
		attempts int
		fails    bool
	}{
		{"calm", enginetest.Always(enginetest.None), 3, false},
		{"throttled", enginetest.EachSecond(enginetest.Throttled), 6, false},
		{"broken off", enginetest.EachSecond(enginetest.Unsent), 6, false},
		{"answers lost", enginetest.EachSecond(enginetest.Lost), 6, false},
		{"given up", enginetest.Always(enginetest.Throttled), enginetest.Attempts, true},
		{"given up halfway", func(_ string, nth int) enginetest.Fault {
			return map[bool]enginetest.Fault{true: enginetest.Throttled}[nth > 1]
		}, 1 + enginetest.Attempts, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			faults.Set(c.plan)
			list, err := registry.New(client, path, time.Now, slog.New(slog.DiscardHandler)).Inspectors(t.Context())
			assert.Equal(t, c.attempts, faults.Attempts("GetParametersByPath"))
			if c.fails {
				require.ErrorContains(t, err, path)
				assert.False(t, responder.IsPermanent(err))
				assert.Empty(t, list, "half a list is none")
				return
			}
			require.NoError(t, err)
			ids := map[string]bool{}
			for _, i := range list {
				ids[i.ID] = true
				assert.Equal(t, []string{"ipaddr", "domain"}, i.Types)
			}
			assert.Len(t, ids, 23)
		})
	}
}

// put makes the parameters of n inspectors, and one beside their path.
func put(t *testing.T, client *ssm.Client, path string, n int) {
	t.Helper()
	names := []string{path + "-not/i0"}
	for i := range n {
		names = append(names, fmt.Sprintf("%s/i%d", path, i))
	}
	for _, name := range names {
		_, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: &name, Value: aws.String("ipaddr,domain"), Type: types.ParameterTypeString,
		})
		require.NoError(t, err)
		t.Cleanup(func() {
			_, err := client.DeleteParameter(context.Background(), &ssm.DeleteParameterInput{Name: &name})
			require.NoError(t, err)
		})
	}
}
