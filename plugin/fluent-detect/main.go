// Command fluent-detect is the command line: the rules over files, queries over
// documents, and checks and tests of rule files.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/command"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process
	os.Exit(command.Run(ctx, version, os.Args[1:]))
}
