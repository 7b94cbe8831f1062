package webhook

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestVerify(t *testing.T) {
	body := []byte(`{"report_id":"r"}`)
	good := Sign(body, secret, start)
	v1 := strings.Split(good, "v1=")[1]
	zeros := strings.Repeat("0", 64)
	for _, c := range []struct {
		header, body, secret string
		now                  time.Time
		want                 string
	}{
		{good, string(body), secret, start, ""},
		{good, string(body), secret, start.Add(5 * time.Minute), ""},
		{good, string(body), secret, start.Add(-5 * time.Minute), ""},
		{" v0=x, v1=" + zeros + ", t=1777863721 ,v1=" + v1, string(body), secret, start, ""},
		{good, string(body), secret, start.Add(5*time.Minute + time.Second), "5m1s from now, expected 5m0s at most"},
		{good, string(body), secret, start.Add(-6 * time.Minute), "6m0s from now"},
		{good, string(body) + " ", secret, start, "not of this body and secret"},
		{good, string(body), "other", start, "not of this body and secret"},
		{strings.Replace(good, "t=1777863721", "t=1777863722", 1), string(body), secret, start, "not of this body and secret"},
		{good[:len(good)-1], string(body), secret, start, "not of this body and secret"},
		{"t=1777863721,v1=", string(body), secret, start, "not of this body and secret"},
		{"t=1777863721,v1=" + strings.ToUpper(v1), string(body), secret, start, "not of this body and secret"},
		{"t=1777863721", string(body), secret, start, "expected t=<epoch seconds>,v1=<hex>"},
		{"v1=" + v1, string(body), secret, start, "expected t=<epoch seconds>,v1=<hex>"},
		{"", string(body), secret, start, "expected t="},
		{"t=x,v1=" + v1, string(body), secret, start, "expected t="},
		{Sign(body, "", start), string(body), "", start, "the secret is empty"},
	} {
		err := Verify(c.header, []byte(c.body), c.secret, c.now, 5*time.Minute)
		if c.want == "" {
			assert.NoError(t, err, c.header)
		} else {
			assert.ErrorContains(t, err, c.want, c.header)
		}
	}
	far := Sign(body, secret, time.Unix(1<<62, 0))
	assert.Error(t, Verify(far, body, secret, start, time.Hour), "a time beyond any duration")
}
