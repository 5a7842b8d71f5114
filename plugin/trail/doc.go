// Package trail opens the sources of CloudTrail's objects for the hosts that read them:
// Fluent Bit's input cloudtrail, and the sidecar.
//
//	settings.CloudTrail ─▶ Check ─▶ Setup ─▶ Open ─▶ Input: Take, Taken, Close
//
// A source is a folder with objects, see plugin/intake/files, or S3, see plugin/aws. What
// it reads goes through the [intake.Queue] of the [Input] to the host.
package trail
