// Package hosted runs the plugins in the test host, build/host: everywhere, also
// where there is no Fluent Bit. The host lends each chunk in memory of its own
// that is gone right after the flush; see ../host/README.md for what it watches.
package hosted
