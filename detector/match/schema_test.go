package match

import "github.com/fluent-detect/fluent-detect/detector/source"

// ecs is the mapping of the sources that are built in.
var ecs = ECS{source.Schema()}
