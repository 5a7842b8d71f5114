// Package terminal has what the program writes to terminals only: colours and a
// progress bar.
package terminal
