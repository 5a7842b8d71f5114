package envelope

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// form puts events, as JSON texts, into one or more records of a shape.
type form struct {
	name string // as AppendShape gives it
	wrap func(events []string) (records []string)
}

// single wraps each event by itself.
func single(name string, wrap func(event string) string) form {
	return form{name, func(events []string) (records []string) {
		for _, e := range events {
			records = append(records, wrap(e))
		}
		return records
	}}
}

// batch wraps all events into one record.
func batch(name string, wrap func(events []string) string) form {
	return form{name, func(events []string) []string { return []string{wrap(events)} }}
}

// within puts the records that inner makes into those that outer makes.
func within(outer, inner form) form {
	return form{outer.name + "/" + inner.name, func(events []string) []string {
		return outer.wrap(inner.wrap(events))
	}}
}

// each applies f to all texts and joins what it gives with commas.
func each(texts []string, f func(string) string) string {
	var out []string
	for _, text := range texts {
		out = append(out, f(text))
	}
	return strings.Join(out, ",")
}

// quote returns text as a JSON string.
func quote(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func encode64(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// gzipped returns text compressed.
func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

// The shapes that can hold any record of another shape, or an event.
var (
	asLog         = single("text", func(e string) string { return `{"log":` + quote(e) + `,"stream":"stdout"}` })
	asOriginal    = single("text", func(e string) string { return `{"event":{"original":` + quote(e) + `},"tags":["aws"]}` })
	asEventBridge = single("eventbridge", func(e string) string {
		return `{"version":"0","id":"1","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":"111122223333","time":"2024-02-01T08:15:30Z","region":"eu-central-1","resources":[],"detail":` + e + `}`
	})
	asSNS = single("sns", func(e string) string {
		return `{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-central-1:111122223333:t","Message":` + quote(e) + `,"Timestamp":"2024-02-01T08:15:30.000Z","SignatureVersion":"1"}`
	})
	asSQS = single("sqs", func(e string) string {
		return `{"messageId":"1","receiptHandle":"x","body":` + quote(e) + `,"attributes":{"SentTimestamp":"1"}}`
	})
	asSQSMessages = batch("sqs", func(events []string) string {
		return `{"Messages":[` + each(events, func(e string) string {
			return `{"MessageId":"1","ReceiptHandle":"x","MD5OfBody":"0","Body":` + quote(e) + `}`
		}) + `]}`
	})
	asLambdaSQS = batch("records/sqs", func(events []string) string {
		return `{"Records":[` + each(events, func(e string) string {
			return `{"messageId":"1","body":` + quote(e) + `,"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-central-1:111122223333:q","awsRegion":"eu-central-1"}`
		}) + `]}`
	})
	asLambdaSNS = batch("records/sns", func(events []string) string {
		return `{"Records":[` + each(events, func(e string) string {
			return `{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{"Type":"Notification","Message":` + quote(e) + `}}`
		}) + `]}`
	})
	asLambdaKinesis = batch("records/firehose", func(events []string) string {
		return `{"Records":[` + each(events, func(e string) string {
			return `{"kinesis":{"partitionKey":"1","data":` + quote(encode64(e)) + `},"eventSource":"aws:kinesis","eventVersion":"1.0","eventName":"aws:kinesis:record","eventID":"shard:1"}`
		}) + `]}`
	})
	asCloudWatch = batch("cloudwatch", func(events []string) string {
		return `{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"g","logStream":"s","subscriptionFilters":["f"],"logEvents":[` + each(events, func(e string) string {
			return `{"id":"1","timestamp":1706775330000,"message":` + quote(e) + `}`
		}) + `]}`
	})
	asCloudWatchMessage = single("cloudwatch", func(e string) string {
		return `{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","message":` + quote(e) + `}`
	})
	asFirehose = batch("firehose", func(events []string) string {
		return `{"requestId":"1","timestamp":1706775330000,"records":[` + each(events, func(e string) string {
			return `{"data":` + quote(encode64(e)) + `}`
		}) + `]}`
	})
	asFirehoseGzip = batch("firehose", func(events []string) string {
		return `{"requestId":"1","timestamp":1706775330000,"records":[` + each(events, func(e string) string {
			return `{"data":` + quote(encode64(gzipped(e))) + `}`
		}) + `]}`
	})
)

// The shapes that hold events only.
var (
	asRaw     = single("raw", func(e string) string { return e })
	asRecords = batch("records", func(events []string) string { return `{"Records":[` + strings.Join(events, ",") + `]}` })
	asLookup  = batch("lookup", func(events []string) string {
		return `{"Events":[` + each(events, func(e string) string {
			return `{"EventId":"1","EventName":"A","ReadOnly":"false","EventSource":"ec2.amazonaws.com","Resources":[],"CloudTrailEvent":` + quote(e) + `}`
		}) + `]}`
	})
	asLookupElement = single("lookup", func(e string) string {
		return `{"EventId":"1","EventName":"A","EventSource":"ec2.amazonaws.com","CloudTrailEvent":` + quote(e) + `}`
	})
)

// named gives the form another name than its parts make: an event by itself
// goes without saying.
func named(name string, w form) form { return form{name, w.wrap} }

// forms are all shapes by themselves and sensible nestings.
var forms = []form{
	asRaw, asRecords, asEventBridge, asLog, asOriginal, asSNS, asSQS, asSQSMessages,
	asLambdaSQS, asLambdaSNS, asLambdaKinesis, asCloudWatch, asCloudWatchMessage, asFirehose, asFirehoseGzip,
	asLookup, asLookupElement,

	within(asLog, asRecords),
	within(asLog, asEventBridge),
	within(asLog, asLookup),
	within(asLog, asLog),
	within(asOriginal, asCloudWatch),
	within(asSQS, asEventBridge),
	within(asSQS, within(asSNS, asEventBridge)),
	within(asSNS, asSNS),
	within(asSQSMessages, asSNS),
	within(asLambdaSQS, within(asSNS, asRecords)),
	within(asLambdaKinesis, asCloudWatch),
	within(asFirehose, asCloudWatch),
	within(asFirehoseGzip, asCloudWatch),
	within(asFirehoseGzip, within(asCloudWatch, asEventBridge)),
	within(asLog, within(asFirehoseGzip, within(asCloudWatch, asEventBridge))),
	within(asLog, within(asSQSMessages, within(asSNS, asEventBridge))),
	within(asCloudWatch, asRecords),

	named("text", batch("", func(events []string) string { // lines in one text
		return `{"message":` + quote(strings.Join(events, "\r\n")+"\n") + `}`
	})),
	named("text", batch("", func(events []string) string { // one behind the other, as Firehose leaves them in S3
		return `{"message":` + quote(strings.Join(events, "")) + `}`
	})),
	named("text", batch("", func(events []string) string {
		return `{"message":` + quote("\ufeff ["+strings.Join(events, ",\n")+"]") + `}`
	})),
	named("sqs", single("", func(e string) string { // a string of JSON as the JSON text
		return `{"body":` + quote(quote(e)) + `}`
	})),
	named("firehose", batch("", func(events []string) string { // compressed twice, several texts in one
		return `{"records":[{"data":` + quote(encode64(gzipped(gzipped(strings.Join(events, "\n"))))) + `}]}`
	})),
	named("firehose", batch("", func(events []string) string { // the shipper has undone the base64
		return `{"records":[` + each(events, func(e string) string { return `{"data":` + quote(e) + `}` }) + `]}`
	})),
	named("firehose", batch("", func(events []string) string { // base64 for addresses, unpadded
		return `{"records":[` + each(events, func(e string) string {
			return `{"data":` + quote(base64.RawURLEncoding.EncodeToString([]byte(e))) + `}`
		}) + `]}`
	})),
	named("records", batch("", func(events []string) string { // elements that are texts
		return `{"Records":[` + each(events, quote) + `]}`
	})),
	named("cloudwatch", batch("", func(events []string) string { // the shipper has parsed the messages
		return `{"messageType":"DATA_MESSAGE","logEvents":[` + each(events, func(e string) string { return `{"id":"1","message":` + e + `}` }) + `]}`
	})),
}

// escaped writes every letter of a JSON text that stands in a string as \uXXXX.
func escaped(text string) string {
	var b strings.Builder
	in := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case in && c == '\\':
			b.WriteString(text[i : i+2])
			i++
			if text[i] == 'u' {
				b.WriteString(text[i+1 : i+5])
				i += 4
			}
			continue
		case c == '"':
			in = !in
		case in && ('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'):
			const hex = "0123456789abcdef"
			b.WriteString(`\u00` + string(hex[c>>4]) + string(hex[c&15]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
