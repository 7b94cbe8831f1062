package meter

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is a row of a table.
type item = map[string]types.AttributeValue

// sizeOf is how large DynamoDB takes a row for, in bytes.
//
// Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats": names and texts in UTF-8; a number is one
// byte, and one for each two significant digits; one for nothing and for a truth; three for a list or map.
func sizeOf(i item) (n int) {
	for name, v := range i {
		n += len(name) + sizeOfValue(v)
	}
	return n
}

func sizeOfValue(v types.AttributeValue) (n int) {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return sizeOfNumber(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberSS:
		for _, s := range v.Value {
			n += len(s)
		}
	case *types.AttributeValueMemberBS:
		for _, b := range v.Value {
			n += len(b)
		}
	case *types.AttributeValueMemberNS:
		for _, s := range v.Value {
			n += sizeOfNumber(s)
		}
	case *types.AttributeValueMemberL:
		n = 3
		for _, each := range v.Value {
			n += 1 + sizeOfValue(each)
		}
	case *types.AttributeValueMemberM:
		n = 3 + len(v.Value) + sizeOf(v.Value)
	default: // BOOL and NULL
		return 1
	}
	return n
}

func sizeOfNumber(text string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(text), "e")
	digits := strings.TrimLeft(strings.NewReplacer("-", "", "+", "", ".", "").Replace(mantissa), "0")
	digits = strings.TrimRight(digits, "0")
	n := 1 + (len(digits)+1)/2
	if strings.HasPrefix(text, "-") {
		n++
	}
	return n
}

// What a unit of writing and of reading is, in bytes, and what one row and one page may have.
//
// Source: Amazon DynamoDB Developer Guide, "DynamoDB on-demand capacity mode", Quotas.
const (
	writeUnit = 1 << 10
	readUnit  = 4 << 10
	maxRow    = 400 << 10
	maxPage   = 1 << 20
)

// units is how many units of a size some bytes are; what is empty is billed as one.
func units(bytes, size int) int64 { return max(1, int64(bytes+size-1)/int64(size)) }
