// Package explain says why a report says what it says: why its alerts are one report, who was asked and what came of
// it, and how its verdicts came about.
//
// in → out: a report's item and its rows, whatever is in them → an [Explanation], which people read in a terminal and
// scripts as JSON. What is not stored is not guessed at, and a row that cannot be read is named.
package explain
