package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SignatureHeader has the signature.
const SignatureHeader = "X-AlertResponder-Signature"

// Sign gives the value of SignatureHeader: t=<epoch seconds>,v1=<hex>, where <hex> is the HMAC-SHA256, keyed by the
// secret, of "<epoch seconds>.<body>" in lower case hex.
func Sign(body []byte, secret string, now time.Time) string {
	t := strconv.FormatInt(now.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac(t, body, secret))
}

func mac(t string, body []byte, secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(t + "."))
	h.Write(body)
	return h.Sum(nil)
}

// Verify checks a signature as a receiver has to. Do the same in any language:
//
//  1. Take the body as it came, before any JSON is read from it.
//  2. Split the header at commas; t is the time in epoch seconds, v1 a signature. There may be several v1, and fields
//     of other names.
//  3. Compute the HMAC-SHA256 of t, a point and the body with the secret, and compare it in constant time, as lower
//     case hex, with each v1. One must be equal.
//  4. Refuse it if t is more than some minutes from now: somebody may send again what he has recorded. Within these
//     minutes, X-AlertResponder-Report and X-AlertResponder-Seq in the body (report_id and seq) say whether it is new.
//
// While a secret is changed, answer 401 to what you cannot verify: it is signed again with the secret of then.
func Verify(header string, body []byte, secret string, now time.Time, tolerance time.Duration) error {
	if secret == "" {
		return errors.New("signature: the secret is empty")
	}
	t, signatures := fields(header)
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil || len(signatures) == 0 {
		return fmt.Errorf("signature: %.40q, expected t=<epoch seconds>,v1=<hex>", header)
	}
	want, equal := []byte(hex.EncodeToString(mac(t, body, secret))), false
	for _, s := range signatures {
		equal = hmac.Equal(want, []byte(s)) || equal
	}
	if !equal {
		return errors.New("signature: not of this body and secret")
	}
	if age := now.Sub(time.Unix(seconds, 0)).Abs(); age > tolerance {
		return fmt.Errorf("signature: %s from now, expected %s at most", age.Round(time.Second), tolerance)
	}
	return nil
}

func fields(header string) (t string, signatures []string) {
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			t = value
		case "v1":
			signatures = append(signatures, value)
		}
	}
	return t, signatures
}
