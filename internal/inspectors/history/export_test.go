package history

// KeyOf is where the entry of an attribute is, for tests.
var KeyOf = keyOf
