package securityhub

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	responder "github.com/m-mizutani/AlertResponder/lib"
)

// memory is what is remembered of a report, in its receipt.
type memory struct {
	findings []finding
	done     map[string]string // what was written, by kind and mark of the finding
}

const (
	keyFindings = "findings"
	maxKept     = 3000 // bytes of findings in a receipt
)

// readMemory reads a receipt. What it cannot have written counts as not known.
func readMemory(r responder.Receipt) memory {
	m := memory{done: map[string]string{}}
	_ = json.Unmarshal([]byte(r[keyFindings]), &m.findings)
	for name, value := range r {
		if name != keyFindings {
			m.done[name] = value
		}
	}
	return m
}

// add adds findings: a report that was cut has lost the messages that name them, and an earlier notification had them.
func (m *memory) add(list []finding) {
	for _, f := range list {
		if !slices.Contains(m.findings, f) && len(m.findings) < maxFindings {
			m.findings = append(m.findings, f)
		}
	}
}

func (m memory) receipt() responder.Receipt {
	r := responder.Receipt{}
	for name, value := range m.done {
		r[name] = value
	}
	for list := m.findings; len(list) > 0; list = list[:len(list)-1] {
		if b, _ := json.Marshal(list); len(b) <= maxKept {
			r[keyFindings] = string(b)
			break
		}
	}
	return r
}

func hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
