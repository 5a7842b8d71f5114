package sns

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The types of messages.
const (
	Notification             = "Notification"
	SubscriptionConfirmation = "SubscriptionConfirmation"
	UnsubscribeConfirmation  = "UnsubscribeConfirmation"
)

// MaxMessage is the maximum size of a message, in bytes: SNS has 256 KiB of text, in
// which each byte takes up to six as JSON, and some hundred bytes around it.
const MaxMessage = 2 << 20

// Message is a message as it is posted. Its text has not been verified until
// [Verifier.Verify] has returned nil.
type Message struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicARN         string `json:"TopicArn"`
	Subject          *string
	Message          string
	Timestamp        string
	Token            string
	SubscribeURL     string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
}

// Parse parses a message. It returns an error if the body is none of SNS.
func Parse(body []byte) (*Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, errors.New("the body is not a message of SNS: it is not a JSON object of texts")
	}
	switch m.Type {
	case Notification, SubscriptionConfirmation, UnsubscribeConfirmation:
	default:
		return nil, fmt.Errorf("the body is not a message of SNS: Type is %.40q, it must be %s, %s or %s", m.Type, Notification, SubscriptionConfirmation, UnsubscribeConfirmation)
	}
	return &m, nil
}

// Envelope returns a notification that contains only what is signed. The body that was
// received may have other members, and other members with the same names.
func (m *Message) Envelope() []byte {
	text, err := json.Marshal(struct {
		Type      string
		MessageID string  `json:"MessageId"`
		TopicARN  string  `json:"TopicArn"`
		Subject   *string `json:",omitempty"`
		Message   string
		Timestamp string
	}{m.Type, m.MessageID, m.TopicARN, m.Subject, m.Message, m.Timestamp})
	if err != nil {
		panic(err) // cannot happen: these are texts
	}
	return text
}

// signedText returns what SNS signs: names and values in a fixed order, each on a line.
func (m *Message) signedText() []byte {
	var b []byte
	add := func(name, value string) { b = fmt.Appendf(b, "%s\n%s\n", name, value) }
	add("Message", m.Message)
	add("MessageId", m.MessageID)
	if m.Type == Notification {
		if m.Subject != nil {
			add("Subject", *m.Subject)
		}
		add("Timestamp", m.Timestamp)
	} else {
		add("SubscribeURL", m.SubscribeURL)
		add("Timestamp", m.Timestamp)
		add("Token", m.Token)
	}
	add("TopicArn", m.TopicARN)
	add("Type", m.Type)
	return b
}

// topicARN matches the ARN of a topic. Its groups are the region and what follows it.
var topicARN = regexp.MustCompile(`^arn:aws[a-z-]*:sns:([a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?$`)

// ParseTopic returns the region of a topic. It returns an error if the text is not the ARN
// of a topic.
func ParseTopic(arn string) (region string, err error) {
	groups := topicARN.FindStringSubmatch(arn)
	if groups == nil {
		return "", fmt.Errorf("%.300q is not the ARN of a topic such as arn:aws:sns:eu-west-1:111122223333:trail", arn)
	}
	return groups[1], nil
}

// host returns the host of SNS in a region.
func host(region string) string {
	if strings.HasPrefix(region, "cn-") {
		return "sns." + region + ".amazonaws.com.cn"
	}
	return "sns." + region + ".amazonaws.com"
}
