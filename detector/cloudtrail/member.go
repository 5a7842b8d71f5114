package cloudtrail

// member is a key at the top of a record or event that means something to the
// reader or to a field.
type member uint8

// The members of a CloudTrail event, then those by which envelopes and
// documents in ECS form are told.
const (
	none member = iota

	additionalEventData
	apiVersion
	awsRegion
	errorCode
	errorMessage
	eventCategory
	eventID
	eventName
	eventSource
	eventTime
	eventType
	eventVersion
	insightDetails
	managementEvent
	readOnly
	recipientAccountID
	requestID
	requestParameters
	resources
	responseElements
	serviceEventDetails
	sessionCredentialFromConsole
	sharedEventID
	sourceIPAddress
	tlsDetails
	userAgent
	userIdentity
	vpcEndpointID

	detail
	dottedOriginal
	dottedEvent
	event
	log
	logFiles
	message
	recordsMember

	members
)

// memberOf returns the member with that name. Names are compared exactly, as
// CloudTrail's are.
func memberOf(name []byte) member {
	switch string(name) {
	case "additionalEventData":
		return additionalEventData
	case "apiVersion":
		return apiVersion
	case "awsRegion":
		return awsRegion
	case "errorCode":
		return errorCode
	case "errorMessage":
		return errorMessage
	case "eventCategory":
		return eventCategory
	case "eventID":
		return eventID
	case "eventName":
		return eventName
	case "eventSource":
		return eventSource
	case "eventTime":
		return eventTime
	case "eventType":
		return eventType
	case "eventVersion":
		return eventVersion
	case "insightDetails":
		return insightDetails
	case "managementEvent":
		return managementEvent
	case "readOnly":
		return readOnly
	case "recipientAccountId":
		return recipientAccountID
	case "requestID":
		return requestID
	case "requestParameters":
		return requestParameters
	case "resources":
		return resources
	case "responseElements":
		return responseElements
	case "serviceEventDetails":
		return serviceEventDetails
	case "sessionCredentialFromConsole":
		return sessionCredentialFromConsole
	case "sharedEventID":
		return sharedEventID
	case "sourceIPAddress":
		return sourceIPAddress
	case "tlsDetails":
		return tlsDetails
	case "userAgent":
		return userAgent
	case "userIdentity":
		return userIdentity
	case "vpcEndpointId":
		return vpcEndpointID
	case "detail":
		return detail
	case "event":
		return event
	case "event.original":
		return dottedOriginal
	case "log":
		return log
	case "logFiles":
		return logFiles
	case "message":
		return message
	case "Records":
		return recordsMember
	}
	if len(name) > len(dottedPrefix) && string(name[:len(dottedPrefix)]) == dottedPrefix {
		return dottedEvent
	}
	return none
}

// dottedPrefix begins the keys of a document in ECS form whose field set
// "event" is not nested.
const dottedPrefix = "event."
