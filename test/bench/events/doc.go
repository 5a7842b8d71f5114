// Package events makes the CloudTrail events of the benchmarks: a mixture of calls
// such as accounts with many machines have them all day, and pushed SSH keys
// among them. Names, numbers and addresses are those reserved for examples. The
// same number always gives the same event.
package events
