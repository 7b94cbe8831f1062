package responder

import "fmt"

// SchemaVersion is the version of the wire format that this release writes, in the field v of each message.
const SchemaVersion = 1

// CheckVersion says whether this release can read a message of schema version v: its own version, its
// neighbours', and messages without one (0). The functions of a stack are updated one after the other, and
// messages live for days, so a newer neighbour is normal.
func CheckVersion(v int) error {
	if v < 0 || v > SchemaVersion+1 {
		return fmt.Errorf("v: schema version %d, expected 0 to %d", v, SchemaVersion+1)
	}
	return nil
}
