package github

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	responder "github.com/m-mizutani/AlertResponder/lib"
	"github.com/m-mizutani/AlertResponder/lib/delivery"
)

// Times of tokens. "Generating a JSON Web Token (JWT) for a GitHub App" wants a JWT issued 60 seconds in the past, against
// clocks that differ, and valid for ten minutes at most, which a clock that is ahead must not exceed.
const (
	backdated = time.Minute
	validity  = 5 * time.Minute
	spare     = 5 * time.Minute // an installation's token is replaced so long before its end
)

// tokens gives what authorizes requests: the secret itself where it is a token, or the token of an installation, for which
// an app exchanges its key ("Generating an installation access token for a GitHub App").
type tokens struct {
	key    responder.Secret
	client *delivery.Client // authorized as the app
	now    func() time.Time

	mu    sync.Mutex
	of    [sha256.Size]byte // the secret that token is of
	token string
	until time.Time
}

// authorize puts a token into a request.
func (t *tokens) authorize(ctx context.Context, r *http.Request) error {
	secret, err := t.secret(ctx)
	if err != nil {
		return err
	}
	token := secret
	if isApp(secret) {
		if token, err = t.installation(ctx, secret); err != nil {
			return err
		}
	}
	return bearer(r, token)
}

// authorizeApp puts the app's own token into a request.
func (t *tokens) authorizeApp(ctx context.Context, r *http.Request) error {
	secret, err := t.secret(ctx)
	if err != nil {
		return err
	}
	a, err := parseApp(secret)
	if err != nil {
		return err
	}
	token, err := a.jwt(t.now())
	if err != nil {
		return err
	}
	return bearer(r, token)
}

// isApp says whether the secret is the key of an app.
func (t *tokens) isApp(ctx context.Context) (bool, error) {
	secret, err := t.secret(ctx)
	return isApp(secret), err
}

func (t *tokens) secret(ctx context.Context) (string, error) {
	s, err := t.key(ctx)
	if err != nil {
		return "", err
	}
	if s = strings.TrimSpace(s); s == "" {
		return "", delivery.KeyError("it is empty")
	}
	return s, nil
}

func isApp(secret string) bool { return strings.HasPrefix(secret, "{") }

func bearer(r *http.Request, token string) error {
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return delivery.KeyError("it has what no header can carry, expected a token, or the JSON of an app's key")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// installation gives a token of the installation: the one that is there, unless it ends soon or was refused.
func (t *tokens) installation(ctx context.Context, secret string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := sha256.Sum256([]byte(secret))
	if t.of == of && t.until.After(t.now()) && !responder.WantsRefresh(ctx) {
		return t.token, nil
	}
	a, err := parseApp(secret)
	if err != nil {
		return "", err
	}
	in := map[string]any{"permissions": map[string]string{"issues": "write", "metadata": "read"}} // no more than is needed
	var out struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	_, err = t.client.Do(ctx, http.MethodPost, "/app/installations/"+a.installation+"/access_tokens", in, &out)
	switch {
	case errors.Is(err, errAbsent), errors.Is(err, errInvalid): // also where the app may not write issues
		return "", delivery.KeyError("the app has no such installation, or that may not write issues")
	case err != nil:
		return "", err
	case out.Token == "":
		return "", errOdd
	}
	t.of, t.token, t.until = of, out.Token, out.Expires.Add(-spare)
	return t.token, nil
}

// app is the key of a GitHub App.
type app struct {
	id, installation string
	key              *rsa.PrivateKey
}

// parseApp reads {"app_id", "installation_id", "private_key"}; ids are numbers, or texts (an app's client ID). The error names
// all faults, and quotes nothing.
func parseApp(secret string) (app, error) {
	var raw struct {
		App          json.RawMessage `json:"app_id"`
		Installation json.RawMessage `json:"installation_id"`
		Key          string          `json:"private_key"`
	}
	if json.Unmarshal([]byte(secret), &raw) != nil {
		return app{}, delivery.KeyError(`it is no JSON of {"app_id": 1, "installation_id": 2, "private_key": "-----BEGIN…"}`)
	}
	key, err := parseKey(raw.Key)
	a := app{identifier(raw.App), identifier(raw.Installation), key}
	if a.id == "" {
		err = errors.Join(errors.New("app_id: missing, expected a number or a client ID"), err)
	}
	if _, ierr := strconv.ParseUint(a.installation, 10, 63); ierr != nil {
		err = errors.Join(errors.New("installation_id: expected a number"), err)
	}
	if err != nil {
		return app{}, delivery.KeyError(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return a, nil
}

func identifier(raw json.RawMessage) string {
	s := strings.TrimSpace(strings.Trim(string(raw), `"`))
	if s == "null" || len(s) > 100 || !all(s, "") {
		return ""
	}
	return s
}

// parseKey reads a PEM of PKCS#1, as GitHub gives it, or PKCS#8. Where lines were joined, \n may stand for their ends.
func parseKey(text string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n")))
	if block == nil {
		return nil, errors.New("private_key: no PEM, expected -----BEGIN RSA PRIVATE KEY----- and its lines")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("private_key: a PEM of neither PKCS#1 nor PKCS#8, or with a passphrase")
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("private_key: not of RSA")
	}
	return key, nil
}

// jwt signs the claims by RS256 (RFC 7515, RFC 7518 section 3.3).
func (a app) jwt(now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iat": now.Add(-backdated).Unix(), "exp": now.Add(validity).Unix(), "iss": a.id,
	})
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, a.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", delivery.KeyError("private_key: it does not sign")
	}
	return signed + "." + encode(signature), nil
}
