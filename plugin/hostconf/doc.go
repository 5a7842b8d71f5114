// Package hostconf checks configurations of the hosts that fluent-detect runs
// in or beside: of Fluent Bit, in its classic format and in YAML, of Vector and
// of the sidecar. It reads them as the host does, keeps the place of every key,
// and finds what the host itself is silent about: Fluent Bit passes over the
// misspelt keys of a plugin, over misspelt sections and over alerts that no
// output takes.
//
// The keys and values of fluent-detect itself are judged by the table and the
// parser with which the plugin starts.
package hostconf
