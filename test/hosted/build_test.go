package hosted

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildPlugins builds the host and both plugins in a directory, with an optional flag for
// the C compiler and flags for go build. Otherwise they are built as make build does it, so
// that packages which it has compiled are not compiled again.
func buildPlugins(t *testing.T, folder, cFlag string, goFlags ...string) {
	t.Helper()
	sources, err := filepath.Glob("../host/*.c")
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("../../plugin/fluentbit/runtime.ld")
	if err != nil {
		t.Fatal(err)
	}
	gcc := []string{"gcc", "-std=c11", "-g", "-O1"}
	if cFlag != "" {
		gcc = append(gcc, cFlag)
	}
	library := filepath.Join(folder, "out_detect.so")
	for _, command := range [][]string{
		append(append([]string{"go", "build", "-trimpath", "-buildmode=c-shared", "-tags", "notfastpath", "-ldflags", "-s -w -extldflags '-Wl,-soname,out_detect.so -T \"" + script + "\"'", "-o", library}, goFlags...), "../../plugin/fluentbit"),
		append(gcc[:len(gcc):len(gcc)], "-fPIC", "-shared", "-o", filepath.Join(folder, "in_detect.so"),
			"../../plugin/fluentbit/shim/in_detect.c", "-L"+folder, "-l:out_detect.so", "-Wl,-rpath,$ORIGIN"),
		append(append(gcc[:len(gcc):len(gcc)], sources...), "-o", filepath.Join(folder, "host"), "-ldl", "-lpthread"),
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
		}
	}
}
