package table

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/m-mizutani/AlertResponder/internal/explain"
	"github.com/m-mizutani/AlertResponder/internal/store"
	responder "github.com/m-mizutani/AlertResponder/lib"
)

// maxChunks is how many chunks a body can have: more do not come of store.MaxBody bytes.
const maxChunks = 1024

// packed is a row as it is stored.
type packed struct {
	key, severity, title string
	body                 []byte // gzipped
	chunks               int
	hash                 string
	problem              string
}

// packedOf reads a row, whatever the types of its attributes are.
func packedOf(attrs map[string]types.AttributeValue) packed {
	p := packed{key: text(attrs["sk"]), severity: text(attrs["severity"]), title: text(attrs["title"]), hash: text(attrs["hash"])}
	if b, ok := attrs["body"].(*types.AttributeValueMemberB); ok {
		p.body = b.Value
	}
	v, chunks := number(attrs["v"]), number(attrs["chunks"])
	switch err := responder.CheckVersion(v); {
	case err != nil:
		p.problem = err.Error()
	case chunks < 0 || chunks > maxChunks:
		p.problem = fmt.Sprintf("%d chunks, expected up to %d", chunks, maxChunks)
	case chunks == 0 && len(p.body) == 0:
		p.problem = "has no body"
	}
	p.chunks = chunks
	return p
}

func text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// number is 0 for none, and -1 for what is no number.
func number(v types.AttributeValue) int {
	if v == nil {
		return 0
	}
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		if i, err := strconv.Atoi(n.Value); err == nil {
			return i
		}
	}
	return -1
}

// join puts chunks together; false if one is not there.
func (p *packed) join(prefix string, chunks map[string][]byte) bool {
	var parts [][]byte
	for i := range p.chunks {
		part, ok := chunks[prefix+p.hash+"#"+strconv.Itoa(i)]
		if !ok {
			return false
		}
		parts = append(parts, part)
	}
	p.body = bytes.Join(parts, nil)
	if sum := sha256.Sum256(p.body); hex.EncodeToString(sum[:16]) != p.hash {
		p.problem = fmt.Sprintf("its chunks do not have the hash %.32q", p.hash)
	}
	return true
}

func (p packed) row() explain.Row {
	r := explain.Row{Key: p.key, Problem: p.problem, Severity: p.severity, Title: p.title}
	if r.Problem == "" {
		var err error
		if r.Data, err = unpack(p.body); err != nil {
			r.Data, r.Problem = nil, err.Error()
		}
	}
	return r
}

func unpack(blob []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	data, err := io.ReadAll(io.LimitReader(r, store.MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	if len(data) > store.MaxBody {
		return nil, fmt.Errorf("unpacks to more than %d bytes", store.MaxBody)
	}
	return data, nil
}
