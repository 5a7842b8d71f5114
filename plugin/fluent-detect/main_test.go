package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what cmp finds into the scripts")

// runAsCommand is the variable with which a test runs this binary as the command.
const runAsCommand = "FLUENT_DETECT_TEST_COMMAND"

// With the race detector a process by default waits for a second before it ends.
const raceVariable, raceOptions = "GORACE", "atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		main()
	}
	_ = os.Setenv(raceVariable, raceOptions)
	testscript.Main(m, map[string]func(){"fluent-detect": main})
}

// TestScripts runs the scripts in testdata/script: command lines, their input, and
// their output. They also have the rule files with which package rule tests errors,
// in bad-rules.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                commands,
		Setup: func(e *testscript.Env) error {
			e.Setenv("NO_COLOR", "1")
			e.Setenv(raceVariable, raceOptions)
			bad, err := filepath.Abs("../../detector/rule/elastic/testdata/bad")
			if err != nil {
				return err
			}
			return os.Symlink(bad, filepath.Join(e.WorkDir, "bad-rules"))
		},
	})
}
