// Package crash kills the functions of a deployed stack, each between any two of its calls of AWS, and looks at what is left.
//
// in → out: alerts to a stack on a local engine, whose functions call AWS through a proxy here → kill -9 of the process whose
// call it is, before the service sees the call or before the function sees the answer → what must hold at rest nevertheless.
//
// It is the counterpart of the faults in internal/inprocess for what no handler survives: the memory, caches and connections of
// the whole process are gone, nothing is said to the queue, and another process gets the message after its time-out.
// `make crash` starts the engine; without it only the proxy is tested. Whose call it is stands in /proc: on Linux.
package crash
