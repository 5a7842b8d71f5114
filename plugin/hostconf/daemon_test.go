package hostconf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// There is nothing to say about a daemon with a log and absolute paths, or about the
// relative paths of a Fluent Bit that is none.
func TestDaemon(t *testing.T) {
	broken, err := os.ReadFile("testdata/broken/daemon.conf")
	if err != nil {
		t.Fatal(err)
	}
	right := strings.NewReplacer("Daemon        On", "Daemon        On\n    Log_File      /var/log/fluent-bit.log", "../../../../conf", "/etc", "state/storage", "/var/lib/storage", ",more/", ",/more/",
		"./state", "/var/lib", "Name    stdout", "Name    file\n    Path    /var/log").Replace(string(broken))
	conf, err := filepath.Abs("../../conf")
	if err != nil {
		t.Fatal(err)
	}
	right = strings.Replace(right, "/etc/fluent-bit", filepath.Join(conf, "fluent-bit"), 1)
	for name, text := range map[string]string{"right": right, "no daemon": strings.Replace(string(broken), "Daemon        On", "Daemon        Off", 1)} {
		file := filepath.Join(t.TempDir(), "fluent-bit.conf")
		t.Chdir(filepath.Dir(file))
		text = strings.Replace(text, "../../../../conf/fluent-bit/", "", 1)
		if err := os.WriteFile("parsers.conf", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, f := range Check(file).Findings {
			t.Errorf("%s: %s", name, f)
		}
	}
}
