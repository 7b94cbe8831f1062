package render

// Markdown is the view in GitHub Flavored Markdown, with all that is known: at most n characters (UTF-16 units and bytes
// of UTF-8 count for nothing less).
func (v View) Markdown(n int) string { return v.Text(n) }

// MarkdownChange is what is new in the view, for a comment: at most n characters. Empty: nothing is.
func (v View) MarkdownChange(n int) string { return v.Text(n) }
