// Package geo looks up where an IP address is and whose network it belongs to, in
// files of MaxMind's database format (.mmdb).
//
//	files ──Open──▶ Databases ──Lookup(address)──▶ Place
//
// The layout of a file is told by its fields, not by its name: that of MaxMind, which
// DB-IP and IP2Location's converter use as well, or one of those of IPinfo.
//
// A file is read into memory as a whole, once in a process, and never mapped: a file
// that is truncated in place would end the process. [Databases.Refresh] reads it again
// when it has changed. What does not open leaves what was there in use.
//
// # Bounds
//
// A file has 2 GiB at most. Of a record a bounded number of members is read, and of a
// text 256 bytes.
package geo
