package bus

import (
	"bytes"
	"encoding/json"
	"strings"
)

// encode writes compact JSON without HTML escaping, which a queue takes whatever is in its texts.
func encode(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return escaped(strings.TrimSuffix(b.String(), "\n")), nil
}

// noncharacters are valid UTF-8, and package json writes them as they are, but SQS refuses a message with
// them. In JSON they can only stand in strings.
var noncharacters = strings.NewReplacer("\uFFFE", `\ufffe`, "\uFFFF", `\uffff`)

func escaped(text string) string { return noncharacters.Replace(text) }
