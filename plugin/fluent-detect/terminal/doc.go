// Package terminal is what the command line does differently for a person who
// looks at it: colours and a progress bar.
package terminal
