// Package hosted runs the plugins in the test host, build/host, which needs no Fluent
// Bit. The host passes each chunk in separate memory that it unmaps right after the flush;
// see ../host/README.md for what else it checks.
package hosted
