package envelope

import "github.com/fluent-detect/fluent-detect/detector/source"

var schema = source.Schema()
