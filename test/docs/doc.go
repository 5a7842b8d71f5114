// Package docs holds the documentation to the code: tables that come of it,
// examples that are run, links that must lead somewhere. Its tests read README.md,
// CONTRIBUTING.md, SECURITY.md, CHANGELOG.md and docs/*.md.
package docs
