// Package sieve looks for texts in bytes without reading what the bytes mean.
// What none of the texts is in need not be read.
//
// A text is looked for by the byte of it that is rarest in CloudTrail: finding a
// byte takes a few instructions of the processor for every 32 bytes, so that the
// cost is that of the places where it is found in vain.
package sieve
