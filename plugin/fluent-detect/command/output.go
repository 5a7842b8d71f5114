package command

import (
	"fmt"
	"os"

	"github.com/fluent-detect/fluent-detect/plugin/fluent-detect/pipeline"
)

// output writes lines to stdout. When nobody reads them any more, the signal of
// the broken pipe ends the process, as it does with other tools.
type output struct {
	file *os.File
	buf  []byte
}

// flush writes what is in buf.
func (o *output) flush() error {
	_, err := o.file.Write(o.buf)
	o.buf = o.buf[:0]
	if err != nil {
		return fmt.Errorf("the output cannot be written: %w", pipeline.Pathless(err))
	}
	return nil
}
