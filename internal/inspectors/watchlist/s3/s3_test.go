package s3

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/m-mizutani/AlertResponder/internal/inspectors/watchlist"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// bucket is a Client in memory, page by page.
type bucket struct {
	objects map[string]string
	page    int // objects in a page; 2 if zero
	err     error
	calls   []string
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	token := aws.ToString(in.ContinuationToken)
	b.calls = append(b.calls, "list "+*in.Bucket+" "+*in.Prefix+" "+token)
	var keys []string
	for k := range b.objects {
		if strings.HasPrefix(k, *in.Prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	from, _ := strconv.Atoi(token)
	to := min(from+cmp.Or(b.page, 2), len(keys))
	out := &s3.ListObjectsV2Output{}
	for _, k := range keys[from:to] {
		content := b.objects[k]
		out.Contents = append(out.Contents, types.Object{Key: &k, ETag: aws.String(fmt.Sprintf("%q", content)), Size: aws.Int64(int64(len(content)))})
	}
	if to < len(keys) {
		out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String(strconv.Itoa(to))
	}
	return out, b.err
}

func (b *bucket) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	b.calls = append(b.calls, "get "+*in.Bucket+" "+*in.Key)
	return &s3.GetObjectOutput{Body: io.NopCloser(strings.NewReader(b.objects[*in.Key]))}, b.err
}

func says(t *testing.T, i responder.Inspector, address string) string {
	t.Helper()
	page, err := i.Inspect(t.Context(), responder.Task{Attribute: responder.Attribute{Type: "ipaddr", Value: address}})
	require.NoError(t, err)
	if len(page.Signals) == 0 {
		return ""
	}
	return page.Signals[0].Summary
}

func TestListsInABucket(t *testing.T) {
	b := &bucket{objects: map[string]string{
		"lists/": "", "lists/a.txt": "192.0.2.1", "lists/deep/b.csv": "value\n192.0.2.2", "lists/README.md": "# hello",
		"lists/.x": "?", "other/c.txt": "192.0.2.3",
	}}
	now := time.Unix(1e9, 0)
	w, err := watchlist.New(Source(func(context.Context) (Client, error) { return b, nil }, "bkt", "lists/"),
		watchlist.Options{Lazy: true, Now: func() time.Time { return now }})
	require.NoError(t, err)
	assert.Empty(t, b.calls, "lazy")
	assert.Equal(t, `192.0.2.1 is on the list "a"`, says(t, w, "192.0.2.1"))
	assert.Equal(t, `192.0.2.2 is on the list "b"`, says(t, w, "192.0.2.2"))
	assert.Empty(t, says(t, w, "192.0.2.3"))
	assert.Equal(t, []string{"list bkt lists/ ", "list bkt lists/ 2", "list bkt lists/ 4", "get bkt lists/a.txt", "get bkt lists/deep/b.csv"}, b.calls)

	b.calls, b.objects["lists/a.txt"] = nil, "192.0.2.4"
	now = now.Add(5 * time.Minute)
	assert.Equal(t, `192.0.2.4 is on the list "a"`, says(t, w, "192.0.2.4"))
	assert.Equal(t, []string{"get bkt lists/a.txt"}, b.calls[3:], "only what changed")

	b.err = errors.New("access denied")
	now = now.Add(5 * time.Minute)
	assert.Equal(t, `192.0.2.4 is on the list "a"`, says(t, w, "192.0.2.4"))
}

func TestFaultsOfABucket(t *testing.T) {
	fail := func(c func(context.Context) (Client, error)) error {
		_, err := Source(c, "bkt", "p").Lists(t.Context())
		return err
	}
	assert.EqualError(t, fail(func(context.Context) (Client, error) { return nil, errors.New("no credentials") }), "bucket bkt: no credentials")
	b := &bucket{err: errors.New("access denied")}
	assert.EqualError(t, fail(func(context.Context) (Client, error) { return b, nil }), `bucket bkt, prefix "p": access denied`)
	assert.EqualError(t, fail(func(context.Context) (Client, error) { return endless{b}, nil }), `bucket bkt, prefix "p": more than 100000 objects`)
	b = &bucket{objects: map[string]string{}, page: 50}
	for i := range watchlist.MaxLists + 500 {
		b.objects[fmt.Sprint("p", i)] = "x"
	}
	files, err := Source(func(context.Context) (Client, error) { return b, nil }, "bkt", "p").Lists(t.Context())
	require.NoError(t, err)
	assert.Greater(t, len(files), watchlist.MaxLists, "so that whoever loads them sees it")
	assert.Less(t, len(b.calls), 25, "but no more pages")
}

// endless is a bucket with more and more pages of nothing.
type endless struct{ *bucket }

func (endless) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &s3.ListObjectsV2Output{IsTruncated: aws.Bool(true), NextContinuationToken: aws.String("x")}, nil
}

func TestEnvironment(t *testing.T) {
	list := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(list, []byte("192.0.2.1\n"), 0o600))
	set := func(bucket, prefix, files string) (responder.Inspector, error) {
		t.Setenv(bucketVariable, bucket)
		t.Setenv(prefixVariable, prefix)
		t.Setenv(filesVariable, files)
		return FromEnv()
	}
	for _, files := range []string{list, " " + list + ",", list + string(os.PathListSeparator) + list} {
		i, err := set("", "", files)
		require.NoError(t, err)
		assert.NotEmpty(t, says(t, i, "192.0.2.1"))
	}
	_, err := set("Not_A_Bucket", "/x", "/nowhere")
	for _, name := range []string{bucketVariable, prefixVariable, filesVariable, "expected one of them", "expected the name of a bucket"} {
		assert.ErrorContains(t, err, name, "all faults at once")
	}
	i, err := set("", "", "")
	assert.ErrorContains(t, err, "environment variable WATCHLIST_BUCKET: empty")
	assert.Nil(t, i)
	require.NoError(t, os.WriteFile(list, []byte("\x00"), 0o600))
	i, err = set("", "", list)
	assert.ErrorContains(t, err, "none of them an indicator")
	assert.Nil(t, i)
}

// The SDK's client, against a server that speaks as S3 does (Amazon S3 API Reference, "ListObjectsV2").
func TestTheRealClient(t *testing.T) {
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path+" "+r.URL.Query().Get("prefix"))
		if r.URL.Query().Get("list-type") != "2" {
			_, _ = io.WriteString(w, "192.0.2.1\n")
			return
		}
		_, _ = io.WriteString(w, xml.Header+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>`+
			`<Contents><Key>watchlist/a.txt</Key><ETag>"1"</ETag><Size>10</Size></Contents></ListBucketResult>`)
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, bucketVariable: "bkt", filesVariable: "",
	} {
		t.Setenv(name, value)
	}
	for prefix, want := range map[string]string{"": "", "lists/": "lists/"} {
		paths = nil
		t.Setenv(prefixVariable, prefix)
		i, err := FromEnv()
		require.NoError(t, err)
		assert.Equal(t, `192.0.2.1 is on the list "a"`, says(t, i, "192.0.2.1"))
		assert.Equal(t, []string{"/bkt " + want, "/bkt/watchlist/a.txt "}, paths)
	}
	paths = nil
	require.NoError(t, os.Unsetenv(prefixVariable))
	i, err := FromEnv()
	require.NoError(t, err)
	says(t, i, "192.0.2.1")
	assert.Equal(t, "/bkt watchlist/", paths[0], "the prefix by default")
}
