// Package files reads files in folders: those that are there, new ones, and those that
// grow. They are objects of CloudTrail as they are in S3, or any other form that
// detector/ingest reads.
//
// The folders are looked at about once a second. A file is known by its device and inode
// number and by how it begins, so that a file that is renamed is not read again, and one
// that replaces another is.
//
//   - Text is read as far as it is complete: up to the end of a line or of a JSON value.
//     What follows is read once it is complete, or has not changed for a while. A file
//     that is rotated is read to its end.
//   - Other files, which are compressed or in UTF-16, are read as a whole when nothing
//     has been written to them for two seconds. If one becomes longer, what is new is
//     read.
//
// How far a file was read is in a [Store], and only what was confirmed counts.
package files
