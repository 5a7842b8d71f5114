// Package events generates the CloudTrail events of the benchmarks: a mixture of calls
// as in accounts with many machines, and some pushed SSH keys. Names, numbers and
// addresses are those reserved for examples. The same number always yields the same
// event.
package events
