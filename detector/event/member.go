package event

import (
	"encoding/binary"
	"math/bits"
)

// member is a key at the top of a record or event that means something to the
// reader or to a field.
type member uint8

const (
	none member = iota

	// The members of a CloudTrail event.

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
	managementEvent
	readOnly
	recipientAccountID
	requestID
	requestParameters
	resources
	responseElements
	serviceEventDetails
	sessionCredentialFromConsole
	sourceIPAddress
	tlsDetails
	userAgent
	userIdentity
	vpcEndpointID

	// Those by which other things are told from events.

	insightDetails
	logFiles
	logGroup
	messageType
	dottedAction
	dottedDataset
	dottedKind
	dottedProvider

	// Those that carry events or further envelopes, in the order in which they
	// are tried.

	recordsMember
	detail
	logEvents
	firehoseRecords
	lookupEvents
	cloudTrailEvent
	messages
	notification
	lambdaSNS
	bodyUpper
	body
	kinesis
	awslogs
	data
	log
	message
	payload
	exec
	dottedOriginal
	event

	members
)

var memberNames = [members]string{
	additionalEventData:          "additionalEventData",
	apiVersion:                   "apiVersion",
	awsRegion:                    "awsRegion",
	errorCode:                    "errorCode",
	errorMessage:                 "errorMessage",
	eventCategory:                "eventCategory",
	eventID:                      "eventID",
	eventName:                    "eventName",
	eventSource:                  "eventSource",
	eventTime:                    "eventTime",
	eventType:                    "eventType",
	eventVersion:                 "eventVersion",
	managementEvent:              "managementEvent",
	readOnly:                     "readOnly",
	recipientAccountID:           "recipientAccountId",
	requestID:                    "requestID",
	requestParameters:            "requestParameters",
	resources:                    "resources",
	responseElements:             "responseElements",
	serviceEventDetails:          "serviceEventDetails",
	sessionCredentialFromConsole: "sessionCredentialFromConsole",
	sourceIPAddress:              "sourceIPAddress",
	tlsDetails:                   "tlsDetails",
	userAgent:                    "userAgent",
	userIdentity:                 "userIdentity",
	vpcEndpointID:                "vpcEndpointId",

	insightDetails: "insightDetails",
	logFiles:       "logFiles",
	logGroup:       "logGroup",
	messageType:    "messageType",
	dottedAction:   "event.action",
	dottedDataset:  "event.dataset",
	dottedKind:     "event.kind",
	dottedProvider: "event.provider",

	recordsMember:   "Records",
	detail:          "detail",
	logEvents:       "logEvents",
	firehoseRecords: "records",
	lookupEvents:    "Events",
	cloudTrailEvent: "CloudTrailEvent",
	messages:        "Messages",
	notification:    "Message",
	lambdaSNS:       "Sns",
	bodyUpper:       "Body",
	body:            "body",
	kinesis:         "kinesis",
	awslogs:         "awslogs",
	data:            "data",
	log:             "log",
	message:         "message",
	payload:         "payload",
	exec:            "exec",
	dottedOriginal:  "event.original",
	event:           "event",
}

// memberSet is a set of members, a bit each.
type memberSet uint64

func setOf(list ...member) (s memberSet) {
	for _, m := range list {
		s |= 1 << m
	}
	return s
}

func (s memberSet) has(m member) bool { return s>>(m&63)&1 != 0 }

// first returns the first member of a set that is not empty.
func (s memberSet) first() member { return member(bits.TrailingZeros64(uint64(s))) }

// early are the members by which the shape of a record is told. The others are
// looked for when somebody asks for one of them.
var early = telling | strangers | setOf(logGroup, messageType)

// nameFilter rules out names by their length and their first byte. It has a bit
// for the lower five bits of that byte at each length.
type nameFilter [1 << 5]uint32

// sought are the members that a walk notes.
type sought struct {
	set    memberSet
	filter nameFilter // lets their names pass, and few others
}

func newSought(set memberSet) *sought { return &sought{set, newNameFilter(set)} }

// earlyMembers are what readers look for at first, allMembers what they look
// for when that was not enough.
var earlyMembers, allMembers = newSought(early), newSought(^memberSet(0))

func newNameFilter(set memberSet) (f nameFilter) {
	for m := none + 1; m < members; m++ {
		if name := memberNames[m]; set.has(m) {
			f[len(name)] |= 1 << (name[0] & 31)
		}
	}
	return f
}

// mayPass judges a name of that length, less than 32, that begins with c.
func (f *nameFilter) mayPass(length int, c byte) bool { return f[length&31]>>(c&31)&1 != 0 }

// firstBytes has the masks that leave the first n of eight bytes.
var firstBytes = func() (masks [1 << 5]uint64) {
	for n := range masks {
		masks[n] = 1<<(8*min(n, 8)) - 1
	}
	return masks
}()

// memberOf returns the member with that name. Names are compared exactly, as
// CloudTrail's are.
func memberOf(name []byte) member {
	var first [8]byte
	copy(first[:], name)
	return memberAs(name, binary.LittleEndian.Uint64(first[:]))
}

// memberAs is memberOf for a name whose first eight bytes are in word, with
// zeros behind a shorter name. No two members share them, so that a single
// comparison rules out nearly every other name.
func memberAs(name []byte, word uint64) member {
	m := memberPlaces[word*memberFactor>>memberShift]
	if memberWords[m] != word || !isMember(name, m) {
		return none
	}
	return m
}

// isMember reports whether a name is that of the member with which it shares the
// first eight bytes. Few names are longer than twice that: of the others the
// last eight bytes tell.
func isMember(name []byte, m member) bool {
	size := len(memberNames[m])
	if len(name) != size {
		return false
	}
	if size <= 8 {
		return true
	}
	if size > 16 && string(name) != memberNames[m] {
		return false
	}
	return binary.LittleEndian.Uint64(name[size-8:]) == memberTails[m]
}

// memberShift leaves 8 bits of a hash.
const memberShift = 64 - 8

var (
	// memberWords has the first eight bytes of each name, memberTails the last.
	memberWords, memberTails [members]uint64
	// memberPlaces has the members at the hashes of their words, and
	// memberFactor makes each hash a different one.
	memberPlaces, memberFactor = placeMembers()
)

func placeMembers() (places [1 << (64 - memberShift)]member, factor uint64) {
	for m, name := range memberNames {
		var first [8]byte
		copy(first[:], name)
		memberWords[m] = binary.LittleEndian.Uint64(first[:])
		if tail := len(name) - len(first); tail > 0 {
			memberTails[m] = binary.LittleEndian.Uint64([]byte(name[tail:]))
		}
	}
	const golden = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio, which spreads well
	for factor = golden; ; factor *= golden {
		clear(places[:])
		free := true
		for m := none + 1; m < members && free; m++ {
			place := &places[memberWords[m]*factor>>memberShift]
			free = *place == none
			*place = m
		}
		if free {
			return places, factor
		}
	}
}
