package metrics

import "strings"

// maxStack is how long the name of a stack can be (AWS CloudFormation API Reference, CreateStack).
const maxStack = 128

// Stack is the name of the stack that a function belongs to, by its log group, which template.yml names
// /alertresponder/<stack>/<function>. It is empty if the group is another one: then nothing is measured.
func Stack(logGroup string) string {
	rest, ours := strings.CutPrefix(logGroup, "/alertresponder/")
	stack, function, ok := strings.Cut(rest, "/")
	if !ours || !ok || function == "" || strings.Contains(function, "/") {
		return ""
	}
	return valid(stack)
}

// StackOf is the same by the name that CloudFormation makes for a function that has none, <stack>-<resource>-<random>.
// It cuts long names: of a long one, only the beginning may be left.
func StackOf(function string) string {
	for range 2 {
		cut := strings.LastIndexByte(function, '-')
		if cut < 0 {
			return ""
		}
		function = function[:cut]
	}
	return valid(function)
}

// valid is a name that a stack can have; anything else is nothing.
func valid(stack string) string {
	if len(stack) > maxStack {
		return ""
	}
	for i, c := range []byte(stack) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return ""
		}
	}
	return stack
}
