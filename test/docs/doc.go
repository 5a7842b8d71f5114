// Package docs tests the documentation, all Markdown files: generated tables are
// compared with the code, examples are run, links are followed.
package docs
