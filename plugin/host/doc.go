// Package host opens a detector for the programs that it runs in: the plugin in
// Fluent Bit, the sidecar, and fluent-detect replay. All of them load rules, open
// the state on disk and report what is wrong in the same way.
//
//	settings.Detector ─▶ LoadRules ─▶ ruleset.Set ┐
//	                  ─▶ OpenStore ─▶ store.Store ┼─▶ Open ─▶ Engine: Scan, Reload, Close
//	                                  outbox.Box  ┘
package host
