package envelope

// Shape is how a record carries CloudTrail events.
type Shape uint8

// The shapes.
const (
	// Other is a record that has nothing of CloudTrail.
	Other Shape = iota
	// Raw is the event itself.
	Raw
	// Records is {"Records": [event, …]}, an S3 object. The batches that
	// Lambda functions are called with have the same form, with messages of
	// SQS, SNS or Kinesis in the place of events.
	Records
	// EventBridge is {"detail-type": …, "detail": event}.
	EventBridge
	// CloudWatch is what a CloudWatch Logs subscription delivers,
	// {"messageType": …, "logEvents": [{"message": text}, …]}, or one of these
	// messages with what the subscription says about it.
	CloudWatch
	// Firehose is {"records": [{"data": base64}, …]}, with or without gzip
	// inside. What Lambda functions get of a Kinesis stream,
	// {"kinesis": {"data": base64}}, and of CloudWatch Logs,
	// {"awslogs": {"data": base64}}, is packed in the same way.
	Firehose
	// SNS is a notification, {"Message": text}.
	SNS
	// SQS is a message of a queue, {"body": text} or {"Body": text}, or
	// {"Messages": [message, …]}.
	SQS
	// Lookup is the answer of CloudTrail's LookupEvents,
	// {"Events": [{"CloudTrailEvent": text}, …]}, or one element of it.
	Lookup
	// Text is a line that the shipper did not parse: JSON text under log,
	// message or event.original, or where Fluent Bit's inputs for Kafka and
	// for commands leave it, under payload and exec.
	Text
	// Nested is a map below a member that has no meaning here by its name: the
	// _source of a search result, the json of Filebeat.
	Nested
	// ECS is an event that was mapped already, with nested or dotted names.
	ECS
	// Alert is an alert that a detector made, and nothing else: its id follows
	// from its rule and its event. It is never evaluated, so that alerts cannot
	// cause alerts.
	Alert

	// Shapes is the number of shapes.
	Shapes
)

var shapeNames = [Shapes]string{
	"other", "raw", "records", "eventbridge", "cloudwatch", "firehose", "sns", "sqs", "lookup", "text", "nested", "ecs", "alert",
}

// String returns the name of the shape as alerts and metrics have it.
func (s Shape) String() string {
	if s < Shapes {
		return shapeNames[s]
	}
	return "other"
}
