package events

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Every is the number of events of the mixture of which the built-in rule matches one:
// 6 in 3,210.
const Every = 535

// Line returns event i of the mixture as JSON, without a line end.
func Line(i int) string {
	if i%Every == Every-1 {
		return Match(i)
	}
	return Ordinary(i)
}

// Ordinary returns an event that no rule of the benchmarks matches.
func Ordinary(i int) string { return call(i, calls[pick(i, 1).IntN(len(calls))]) }

// ByService returns an ordinary event of which an AWS service is the caller.
func ByService(i int) string {
	event := Ordinary(i)
	begin, end := strings.Index(event, `{"type":`), strings.Index(event, `,"eventTime"`)
	return event[:begin] + `{"type":"AWSService","invokedBy":"autoscaling.amazonaws.com"}` + event[end:]
}

// Match returns an event that the built-in rule matches.
func Match(i int) string { return call(i, push) }

// Denied returns an event that it would match if the push had succeeded.
func Denied(i int) string {
	return strings.Replace(Match(i), `"requestParameters"`, `"errorCode":"AccessDenied","requestParameters"`, 1)
}

// bare returns an event with the minimum of members, and a request.
func bare(i int, request string) string {
	return fmt.Sprintf(`{"eventTime":"%s","eventSource":"lambda.amazonaws.com","eventName":"Invoke","eventID":"%s","requestParameters":%s,"recipientAccountId":"111122223333"}`,
		stamp(i), uuid(pick(i, 3)), request)
}

// Long returns an ordinary event of about size bytes, most of them one text.
func Long(i, size int) string {
	rest := max(0, size-len(bare(i, `{"payload":""}`)))
	return bare(i, `{"payload":"`+strings.Repeat("all work and no play ", rest/21+1)[:rest]+`"}`)
}

// Wide returns an ordinary event of about size bytes, most of them a list of
// objects.
func Wide(i, size int) string {
	var b strings.Builder
	r := pick(i, 4)
	item := func() string {
		return fmt.Sprintf(`{"instanceId":"i-%017x","currentState":{"code":16,"name":"running"}}`, r.Uint64())
	}
	b.WriteString(item())
	for rest := size - len(bare(i, `{"items":[]}`)) - 50; b.Len() < rest; {
		b.WriteString("," + item())
	}
	return bare(i, `{"items":[`+b.String()+`]}`)
}

// Nested returns an ordinary event whose request has nested objects of this depth,
// with two members each.
func Nested(i, depth int) string {
	return bare(i, strings.Repeat(`{"name":"level","next":`, depth)+"null"+strings.Repeat("}", depth))
}

// pick returns the random numbers of one property of event i.
func pick(i int, property uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(i), property)) }

// call returns event i as a call.
func call(i int, c kind) string {
	r := pick(i, 2)
	fill := strings.NewReplacer(
		"HEX8", fmt.Sprintf("%08x", r.Uint32()),
		"HEX17", fmt.Sprintf("%017x", r.Uint64()),
		"UUID", uuid(r),
		"TIME", stamp(i),
		"NUMBER", fmt.Sprint(r.IntN(100_000)),
		"REGION", regions[r.IntN(len(regions))],
		"ADDRESS", fmt.Sprintf("198.51.100.%d", r.IntN(256)),
	)
	region := regions[r.IntN(len(regions))]
	return fmt.Sprintf(`{"eventVersion":"1.09","userIdentity":%s,"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"%s",`+
		`"sourceIPAddress":"%s","userAgent":"%s","requestParameters":%s,"responseElements":%s,"requestID":"%s","eventID":"%s","readOnly":%t,`+
		`"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",`+
		`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"%s.%s.amazonaws.com"}}`,
		identity(r, i), stamp(i), c.service, c.name, region, fmt.Sprintf("203.0.113.%d", r.IntN(256)), agents[r.IntN(len(agents))],
		fill.Replace(c.request), fill.Replace(c.response), uuid(r), uuid(r), c.readOnly, c.service, region)
}

func stamp(i int) string {
	return fmt.Sprintf("2026-03-%02dT%02d:%02d:%02dZ", 1+i/86_400%28, i/3600%24, i/60%60, i%60)
}

func uuid(r *rand.Rand) string {
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.Uint32()&0xffff, r.Uint32()&0xfff, r.Uint32()&0xfff, r.Uint64()&0xffff_ffff_ffff)
}

// identity returns the caller: usually a session of a role, as machines use them.
func identity(r *rand.Rand, i int) string {
	role := roles[r.IntN(len(roles))]
	if r.IntN(5) == 0 {
		return fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDAEXAMPLE%08X","arn":"arn:aws:iam::111122223333:user/%s","accountId":"111122223333",`+
			`"accessKeyId":"AKIAEXAMPLE%08X","userName":"%[2]s"}`, r.Uint32(), role, r.Uint32())
	}
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROAEXAMPLE%08X:i-%017x","arn":"arn:aws:sts::111122223333:assumed-role/%s/i-%017[2]x",`+
		`"accountId":"111122223333","accessKeyId":"ASIAEXAMPLE%08[4]X","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE%08[1]X",`+
		`"arn":"arn:aws:iam::111122223333:role/%[3]s","accountId":"111122223333","userName":"%[3]s"},"attributes":{"creationDate":"%[5]s",`+
		`"mfaAuthenticated":"false"},"ec2RoleDelivery":"2.0"}}`, r.Uint32(), r.Uint64(), role, r.Uint32(), stamp(max(0, i-1800)))
}
