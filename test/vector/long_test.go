package vector

import (
	"testing"
	"time"
)

// With the codec json an object of S3 is one text in what Vector sends, of any length. It is
// evaluated as the object is, and the message goes when that is done.
func TestLongObjects(t *testing.T) {
	t.Parallel()
	program(t, "vector")
	a := newAWS(t)
	p := newPair(t, "vector.yaml", append(a.replacements(60), "codec: raw_message", "codec: json")...)
	events := batch(0, 3, 22_000) // 18 MB
	a.put("AWSLogs/111122223333/CloudTrail/us-east-1/2026/03/02/111122223333_CloudTrail_us-east-1_20260302T0900Z_long.json.gz", object(t, events))
	p.start()
	p.wantAll(events, nil)
	wait(t, "an empty queue", 20*time.Second, func() bool { return a.messages() == 0 })
}
