// Package writeback is the contract between who writes an answer back to a finding of Security Hub and who reads the
// finding again.
//
// in → out: what the user-defined field of a finding holds, and the finding's status → whether that is
// AlertResponder's own.
//
// Security Hub sends a finding to EventBridge again, as a whole, whenever somebody updates it, and so also when
// AlertResponder writes its verdict there (AWS Security Hub User Guide, "BatchUpdateFindings for customers"). That
// event says nothing new, and without care it would open a new report once the window of the old one has closed, and
// a status that AlertResponder set would be told as what the source says.
//
// Who writes back sends in one BatchUpdateFindings
//
//	Note.UpdatedBy            Author, for people
//	Workflow.Status           the status, also if it does not seem to change: an earlier write may be under way
//	UserDefinedFields[Field]  the status that the finding has from then on, also if it does not change
//
// and with the last the user-defined fields that it found: whether they are added or replaced is not documented.
//
// Who reads takes a status that is the same as in the field for AlertResponder's own. It says nothing of the state
// then, and the finding is an echo. If a person changes the status later it is not, whatever the notes say; a note of
// a person alone changes nothing of what there is to look into.
//
// The field proves nothing: whoever may use BatchImportFindings can set it in a finding that it creates, though not
// in one that exists (API Reference, BatchImportFindings). So an echo may be left out only if a report knows already
// all that it says, and when the provider last spoke: BatchUpdateFindings leaves UpdatedAt alone (same place). An
// answer that is taken for the source's makes an alert less; a field that is forged may only make it more.
package writeback

const (
	// Author is the author of the note.
	Author = "AlertResponder"
	// Field is the name of the user-defined field that says what AlertResponder wrote.
	Field = "AlertResponder"
)

// IsOwn says whether the status of a finding is the one that AlertResponder left there: field is what stands in
// Field.
func IsOwn(field, status string) bool { return status != "" && field == status }
