// Package ownfile opens directories and files that belong to this process alone, such as
// the state of a detector and dead letters.
//
// Whoever can write to a directory in which a program makes files can put a link there, so
// that the program changes another file, or a pipe, so that it hangs. So links are not
// followed, files and directories of other users are refused, what is neither a regular
// file nor a directory is refused, and modes that let others in are tightened. On systems
// without owners and modes only the kind of a file is checked.
package ownfile
