// Package sns reads what Amazon SNS posts to a subscribed HTTP endpoint, and verifies that
// SNS has signed it.
//
// A message names the certificate that its signature is checked with, so what makes it
// trustworthy is where that certificate comes from: over https, without redirects, from
// the host of SNS in the region of the topic, with a chain that leads to a root the system
// trusts and a name that belongs to SNS. The form of messages and of what is signed is that
// of the SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
package sns
