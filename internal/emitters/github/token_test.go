package github

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
	"github.com/m-mizutani/AlertResponder/lib/respondertest"
)

var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func pkcs1(k *rsa.PrivateKey) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)}))
}

func pkcs8(t *testing.T, k any) string {
	b, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
}

func appSecret(t *testing.T, id, installation any, key string) string {
	b, err := json.Marshal(map[string]any{"app_id": id, "installation_id": installation, "private_key": key})
	require.NoError(t, err)
	return string(b)
}

// newAppDesk is one whose key is that of an app.
func newAppDesk(t *testing.T, secret string) *desk {
	d := newDesk(t)
	d.app = &fakeApp{id: "12345", installation: "678", key: &appKey().PublicKey}
	d.key = func(context.Context) (string, error) { return secret, nil }
	d.restart()
	return d
}

func TestApps(t *testing.T) {
	for name, secret := range map[string]string{
		"numbers":      appSecret(t, 12345, 678, pkcs1(appKey())),
		"texts":        appSecret(t, "12345", "678", pkcs1(appKey())),
		"PKCS#8":       appSecret(t, 12345, 678, pkcs8(t, appKey())),
		"joined lines": " " + appSecret(t, 12345, 678, strings.ReplaceAll(pkcs1(appKey()), "\n", `\n`)) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			d := newAppDesk(t, secret)
			require.NoError(t, d.emit(told(2, "")))
			require.NoError(t, d.emit(told(3, responder.Urgent)))
			i := d.only()
			assert.Equal(t, botSlug+"[bot]", i.by)
			assert.Equal(t, 1, d.app.made, "the token is kept")
			d.receipt = nil
			d.restart()
			require.NoError(t, d.emit(told(5, responder.Safe)))
			assert.Equal(t, "closed", d.only().state, "an app finds its own again")
			assert.Equal(t, 2, d.app.made)
			respondertest.NoSecret(t, "PRIVATE KEY", d.receipt)
		})
	}
}

// A token is replaced before its end, and after it was refused.
func TestTokensOfInstallations(t *testing.T) {
	d := newAppDesk(t, appSecret(t, 12345, 678, pkcs1(appKey())))
	require.NoError(t, d.emit(told(2, "")))
	d.clock = d.clock.Add(55*time.Minute - time.Second)
	require.NoError(t, d.emit(told(3, responder.Urgent)))
	assert.Equal(t, 1, d.app.made)
	d.clock = d.clock.Add(time.Second)
	require.NoError(t, d.emit(told(5, responder.Urgent)))
	assert.Equal(t, 2, d.app.made, "it would end in five minutes")
	delete(d.tokens, "ghs_installation2") // revoked
	require.NoError(t, d.emit(told(7, responder.Urgent)))
	assert.Equal(t, 3, d.app.made)
	assert.Len(t, d.only().comments, 3)
}

func TestAppsThatGetNoToken(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		secret string
		make   func(*fakeApp)
		want   string
	}{
		"another key":          {secret: appSecret(t, 12345, 678, pkcs1(other)), want: "it answered 401"},
		"another app":          {secret: appSecret(t, 999, 678, pkcs1(appKey())), want: "it answered 401"},
		"another installation": {secret: appSecret(t, 12345, 999, pkcs1(appKey())), want: "no such installation"},
		"may not write issues": {appSecret(t, 12345, 678, pkcs1(appKey())), func(a *fakeApp) { a.noIssues = true }, "may not write issues"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newAppDesk(t, c.secret)
			if c.make != nil {
				c.make(d.app)
			}
			err := d.emit(told(2, ""))
			assert.ErrorIs(t, err, delivery.ErrKey)
			assert.ErrorContains(t, err, c.want)
			wait, _ := responder.RetryDelay(err)
			assert.Equal(t, mended, wait)
			assert.False(t, delivery.InDoubt(err))
			assert.Empty(t, d.repo().issues)
		})
	}
}

func TestAppKeysThatAreNone(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	good := pkcs1(appKey())
	for _, c := range []struct{ secret, want string }{
		{`{"app_id": 1`, "it is no JSON"},
		{`{"app_id": 1, "installation_id": 2, "private_key": 3}`, "it is no JSON"},
		{`{}`, "installation_id: expected a number; app_id: missing, expected a number or a client ID; private_key: no PEM"},
		{appSecret(t, nil, nil, good), "installation_id: expected a number; app_id: missing"},
		{appSecret(t, 1, "../../user", good), "installation_id: expected a number"},
		{appSecret(t, "1/2", 2, good), "app_id: missing"},
		{appSecret(t, 1, 2, "MIIEpAIBAAKCAQEA"), "private_key: no PEM, expected -----BEGIN RSA PRIVATE KEY-----"},
		{appSecret(t, 1, 2, pkcs8(t, curve)), "private_key: not of RSA"},
		{appSecret(t, 1, 2, "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"), "private_key: a PEM of neither PKCS#1 nor PKCS#8"},
	} {
		d := newAppDesk(t, c.secret)
		err := d.emit(told(2, ""))
		assert.ErrorIs(t, err, delivery.ErrKey)
		assert.ErrorContains(t, err, c.want)
		assert.NotContains(t, err.Error(), "MII", "nothing of the key is told")
		assert.False(t, responder.IsPermanent(err))
		assert.Empty(t, d.requests)
	}
}

// Clocks differ by some minutes without harm.
func TestClocksThatDiffer(t *testing.T) {
	for ahead, ok := range map[time.Duration]bool{-4 * time.Minute: true, -time.Minute: true, 0: true, time.Minute: true, 2 * time.Minute: false, -6 * time.Minute: false} {
		d := newAppDesk(t, appSecret(t, 12345, 678, pkcs1(appKey())))
		d.fake.now = func() time.Time { return d.clock.Add(-ahead) } // GitHub's
		err := d.emit(told(2, ""))
		assert.Equal(t, ok, err == nil, "ours is %s ahead: %v", ahead, err)
	}
}

// The limits hold for what an app asks by its own key, too.
func TestAppsThatAreTooBusy(t *testing.T) {
	d := newAppDesk(t, appSecret(t, 12345, 678, pkcs1(appKey())))
	d.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(429)
		return true
	}
	for range 3 {
		err := d.emit(told(2, ""))
		wait, _ := responder.RetryDelay(err)
		assert.ErrorIs(t, err, delivery.ErrBusy)
		assert.Equal(t, 2*time.Minute, wait)
	}
	assert.Len(t, d.requests, 1)
}
