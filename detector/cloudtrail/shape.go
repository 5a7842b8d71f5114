package cloudtrail

// Shape is how a record carries CloudTrail events.
type Shape uint8

// The shapes.
const (
	// Other is a record that has nothing of CloudTrail.
	Other Shape = iota
	// Raw is the event itself.
	Raw
	// Records is {"Records": [event, …]}, an S3 object.
	Records
	// EventBridge is {"detail-type": …, "detail": event}.
	EventBridge
	// Text is a line that the shipper did not parse: JSON text under log,
	// message or event.original.
	Text
	// ECS is an event that was mapped already, with nested or dotted names.
	ECS
	// Alert is a record that a detector made, ours or Elastic's. It is never
	// evaluated, so that alerts cannot breed alerts.
	Alert

	// Shapes is the number of shapes.
	Shapes
)

var shapeNames = [Shapes]string{"other", "raw", "records", "eventbridge", "text", "ecs", "alert"}

// String returns the name of the shape as alerts and metrics have it.
func (s Shape) String() string {
	if s < Shapes {
		return shapeNames[s]
	}
	return "other"
}
