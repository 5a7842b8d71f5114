// Package aws reads objects of CloudTrail in S3 that messages of a queue announce.
//
//	SQS ──receive──▶ Parse ──▶ objects ──▶ S3 ──▶ intake.Reader ──▶ host
//	 ▲                                                               │
//	 └──────────── delete, when all objects are confirmed ◀──────────┘
//
// A message is deleted when the end of each of its objects was reached and all their
// records are confirmed. Until then its visibility is extended. A message whose object
// cannot be read is left to the queue, and comes again later; how often is up to the
// queue's dead-letter queue. It delays no other message.
package aws
