// Package docs holds the documentation to the code: tables that come of it,
// examples that are run, links that must lead somewhere. Its tests read all files of
// Markdown.
package docs
