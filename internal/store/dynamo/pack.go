package dynamo

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/m-mizutani/AlertResponder/internal/store"
)

// maxInline bounds the gzipped bytes in one row. With the keys, names and title beside them a row stays below
// 400 KB (Amazon DynamoDB Developer Guide, Quotas: item size).
const maxInline = 350 << 10

// content is what the row of a body or verdict has of its data: the gzipped bytes, or where they are.
type content struct {
	Body   []byte `dynamo:"body,omitempty"`
	Chunks int    `dynamo:"chunks,omitempty"`
	Hash   string `dynamo:"hash,omitempty"` // of the gzipped bytes, and so of the keys of the chunks
}

// pack makes the content of some data, and the chunks it consists of if it is too large for one row. Chunks
// are named by their content, so that whatever head stands in the end finds its own.
func pack(data []byte) (content, [][]byte, error) {
	blob, err := compress(data)
	if err != nil || len(blob) <= maxInline {
		return content{Body: blob}, nil, err
	}
	var chunks [][]byte
	c := content{Hash: hashOf(blob)}
	for len(blob) > 0 {
		n := min(len(blob), maxInline)
		chunks = append(chunks, blob[:n])
		blob = blob[n:]
	}
	c.Chunks = len(chunks)
	return c, chunks, nil
}

// join puts chunks together; false if one is not there.
func (c *content) join(prefix string, chunks map[string][]byte) bool {
	var blob []byte
	for i := range c.Chunks {
		part, ok := chunks[chunkKey(prefix, c.Hash, i)]
		if !ok {
			return false
		}
		blob = append(blob, part...)
	}
	c.Body = blob
	return true
}

// unpack returns the data of a content whose chunks were joined. Key is for the error.
func (c content) unpack(key string) ([]byte, error) {
	if c.Chunks > 0 && hashOf(c.Body) != c.Hash {
		return nil, fmt.Errorf("body %s: its chunks do not have the hash %.32s", key, c.Hash)
	}
	data, err := decompress(c.Body, store.MaxBody)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w", key, err)
	}
	return data, nil
}

func chunkKey(prefix, hash string, i int) string { return prefix + hash + "#" + strconv.Itoa(i) }

// hashOf is the first 128 bits of SHA-256 in hex.
func hashOf(blob []byte) string {
	sum := sha256.Sum256(blob)
	return hex.EncodeToString(sum[:16])
}

// A gzip.Writer has 800 KB of tables.
var writers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func compress(data []byte) ([]byte, error) {
	w := writers.Get().(*gzip.Writer)
	defer writers.Put(w)
	var out bytes.Buffer
	w.Reset(&out)
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return out.Bytes(), nil
}

func decompress(blob []byte, limit int64) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("unpacks to more than %d bytes", limit)
	}
	return data, nil
}
