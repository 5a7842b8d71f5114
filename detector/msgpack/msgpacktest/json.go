package msgpacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// json encodes the one value that text is.
func (w *writer) json(text string) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	v, err := readJSON(d)
	if err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("unexpected data after the JSON value, at byte %d", d.InputOffset())
	}
	return w.value(v)
}

// readJSON reads the next value token by token, because json.Decoder's maps keep
// neither the order nor duplicates.
func readJSON(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	list := []any{}
	for d.More() {
		v, err := readJSON(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return nil, err
	}
	if delimiter == '{' {
		return Members(list), nil
	}
	return list, nil
}
