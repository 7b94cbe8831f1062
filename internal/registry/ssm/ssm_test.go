package ssm_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	registry "github.com/m-mizutani/AlertResponder/internal/registry/ssm"
)

// client has inspectors in pages of ten, and one parameter that is none.
type client struct {
	n     int
	calls int
	fail  int    // the call that fails
	types string // ipaddr,domain if empty
}

func (c *client) GetParametersByPath(_ context.Context, in *ssm.GetParametersByPathInput, _ ...func(*ssm.Options)) (*ssm.GetParametersByPathOutput, error) {
	c.calls++
	if c.calls == c.fail {
		return nil, errors.New("throttled")
	}
	first := 0
	if in.NextToken != nil {
		fmt.Sscan(*in.NextToken, &first)
	}
	out := &ssm.GetParametersByPathOutput{}
	for i := first; i < min(first+int(*in.MaxResults), c.n); i++ {
		out.Parameters = append(out.Parameters, types.Parameter{
			Name: aws.String(fmt.Sprintf("%s/i%d", *in.Path, i)), Value: aws.String(cmp.Or(c.types, "ipaddr,domain")),
		})
	}
	if first+10 < c.n {
		out.NextToken = aws.String(fmt.Sprint(first + 10))
	} else {
		out.Parameters = append(out.Parameters, types.Parameter{Name: aws.String(*in.Path + "/Odd_One"), Value: aws.String("*")})
	}
	return out, nil
}

func TestInspectors(t *testing.T) {
	var log bytes.Buffer
	c := &client{n: 23}
	r := registry.New(c, "/alertresponder/ar/inspectors/", time.Now, slog.New(slog.NewTextHandler(&log, nil)))
	list, err := r.Inspectors(t.Context())
	require.NoError(t, err)
	assert.Len(t, list, 23)
	assert.Equal(t, "i0", list[0].ID)
	assert.Equal(t, []string{"ipaddr", "domain"}, list[22].Types)
	assert.Equal(t, 3, c.calls, "ten per call")
	assert.Contains(t, log.String(), "Odd_One")
	assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), "once per read")
	_, err = r.Inspectors(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 3, c.calls, "cached")
}

// Up to ten inspectors are one call a minute, however often they are asked for.
func TestOnePageIsOneCallPerMinute(t *testing.T) {
	now := time.Unix(1e9, 0)
	c := &client{n: 9}
	r := registry.New(c, "/x", func() time.Time { return now }, slog.New(slog.DiscardHandler))
	for second := range 180 {
		list, err := r.Inspectors(t.Context())
		require.NoError(t, err)
		require.Len(t, list, 9)
		require.Equal(t, second/60+1, c.calls)
		now = now.Add(time.Second)
	}
}

func TestOddParametersAreLoggedBounded(t *testing.T) {
	var log bytes.Buffer
	c := &client{n: 1, types: strings.Repeat("SECRET ", 9999)}
	list, err := registry.New(c, "/x", time.Now, slog.New(slog.NewTextHandler(&log, nil))).Inspectors(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list)
	assert.Less(t, log.Len(), 1000)
}

func TestInspectorsWithoutEnd(t *testing.T) {
	c := &client{n: 1e9}
	list, err := registry.New(c, "/x", time.Now, slog.New(slog.DiscardHandler)).Inspectors(t.Context())
	assert.ErrorContains(t, err, "more than 50 pages")
	assert.Empty(t, list)
	assert.Equal(t, 50, c.calls)
}

func TestInspectorsHalfRead(t *testing.T) {
	r := registry.New(&client{n: 23, fail: 2}, "/x", time.Now, slog.New(slog.DiscardHandler))
	list, err := r.Inspectors(t.Context())
	assert.ErrorContains(t, err, "inspectors below /x: throttled")
	assert.Empty(t, list, "half a list is none")
}
