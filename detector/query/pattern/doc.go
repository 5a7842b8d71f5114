// Package pattern has patterns that texts are compared with: globs and regular
// expressions, both also without regard to the case of letters.
//
// Case is ignored letter by letter. An ASCII letter equals its other case and no
// letter beyond ASCII, so that a search for an ASCII text in both cases finds
// whatever a pattern with that text can match. All texts are bytes, usually UTF-8; a
// byte that is not stands for itself. Matching does not allocate, except that a
// regular expression may for its first matches.
package pattern
