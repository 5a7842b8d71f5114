// Package sigma is the language of the detections of Sigma rules: search identifiers with
// field modifiers, and conditions over them, as in Sigma 2.1.
//
//	YAML ──document──▶ values ──▶ query.Node
//
// The text of a query is a YAML file. Its first document has a map "detection"; each
// further document has a map "filter", whose condition has to hold as well. Other keys
// are not looked at.
//
// Fields are members of the source's own records, so that a tree has to be compiled for
// match.Raw. Case does not count, by Unicode's simple case folding, except with the
// modifiers cased and re.
package sigma
