// Package aws reads objects of CloudTrail in S3. A [Queue] reads those that messages of
// SQS announce, a [Bucket] those that it finds by listing.
//
//	SQS ──receive──▶ Parse ──▶ objects ──▶ S3 ──▶ intake.Reader ──▶ host
//	 ▲                                                               │
//	 └──────────── delete, when all objects are confirmed ◀──────────┘
//
// A message is deleted when the end of each of its objects was reached and all their
// records are confirmed. Until then its visibility is extended. A message whose object
// cannot be read is left to the queue, and comes again later; how often is up to the
// queue's dead-letter queue. It delays no other message.
//
// A bucket is listed by account and region, in which the keys are in the order of their
// times. What is confirmed is on disk, see [Positions]; the position of a region moves only
// past objects that are.
package aws
