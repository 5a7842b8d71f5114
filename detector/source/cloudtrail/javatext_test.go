package cloudtrail

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// The texts were printed by a Java program: new HashMap filled by put in the
// order of the source, empty members removed, toString.
func TestJavaText(t *testing.T) {
	for _, c := range []struct{ object, want string }{
		{`{"instanceId":"i-1","instanceOSUser":"ec2-user","sSHPublicKey":"ssh-ed25519 AAAA"}`, `{instanceId=i-1, instanceOSUser=ec2-user, sSHPublicKey=ssh-ed25519 AAAA}`},
		{`{"b":[1,2.5,true,"x",null],"a":{"k":"v"}}`, `{a={k=v}, b=[1, 2.5, true, x]}`},
		{`{"f":1.0,"g":1e21,"h":0.0001,"i":123456789.5}`, `{f=1.0, g=1.0E21, h=1.0E-4, i=1.234567895E8}`},
		{`{"big":18446744073709551615,"neg":-9223372036854775808}`, `{big=18446744073709551615, neg=-9223372036854775808}`},
		{`{"huge":123456789012345678901234567890}`, `{huge=123456789012345678901234567890}`},
		{`{"instanceId":"i-1","monitorMode":false,"sSHPublicKey":"k","serialPort":0}`, `{instanceId=i-1, sSHPublicKey=k, serialPort=0, monitorMode=false}`},
		{`{"roleName":"r","policyDocument":"{}","maxResults":10,"tagSet":{"items":[{"key":"a","value":"b"}]},"été":"x","日本":"y","😀":"z"}`,
			`{policyDocument={}, tagSet={items=[{value=b, key=a}]}, maxResults=10, roleName=r, 😀=z, 日本=y, été=x}`},
		// 13 members make the table double, also when some are dropped afterwards.
		{`{"member0":"","member1":1,"member2":"","member3":3,"member4":"","member5":5,"member6":"","member7":7,"member8":"","member9":9,"member10":"","member11":11,"member12":""}`,
			`{member11=11, member9=9, member7=7, member5=5, member3=3, member1=1}`},
		// What is empty goes at every depth, and with it what becomes empty.
		{`{"a":null,"b":"","c":"-","d":"none","e":{},"f":[],"g":{"h":[{"i":""},null]},"j":[[],[1,"-",{}]],"k":" "}`, `{j=[[1]], k= }`},
		{`{"text":"a=b, {c}\n[d]"}`, "{text=a=b, {c}\n[d]}"},
		// A repeated key has its first place and its last value, and is seen
		// with its other values too.
		{`{"a":1,"b":2,"a":3,"a":4}`, `{a=4, b=2}` + "\x00" + `{a=1, b=2}` + "\x00" + `{a=3, b=2}`},
		{`{"a":"x","a":""}`, "{a=x}"},
	} {
		event := with(`"requestParameters":` + c.object)
		got := values(t, `{"log":`+quote(event)+`}`, "aws.cloudtrail.request_parameters")
		var want []string
		for text := range strings.SplitSeq(c.want, "\x00") {
			want = append(want, string(jsontext.AppendString(nil, []byte(text))))
		}
		if got != strings.Join(want, " ") {
			t.Errorf("%s\n got %s\nwant %s", c.object, got, want)
		}
	}
}

// colliding returns n keys that have the same String.hashCode: "Aa" and "BB" in
// all combinations of four, as the digits of binary numbers.
func colliding(n int) (keys []string) {
	digits := strings.NewReplacer("0", "Aa", "1", "BB")
	for i := range n {
		keys = append(keys, digits.Replace(fmt.Sprintf("%04b", i)))
	}
	return keys
}

// The places were printed by a Java program that put filler keys (m0, m1, …)
// into a HashMap, then these, then more filler keys, and walked over it.
func TestHashMapOrder(t *testing.T) {
	reversed := colliding(16)
	slices.Reverse(reversed)
	// Keys that fall into the same one of 64 buckets and into two of 128.
	sevens := strings.Fields("k0 k7 k14 k21 k28 k35 k42 k49 k56 k63 k70 k77 k84")
	// Three spellings with the same hash, the first before the others in UTF-16
	// and behind them in UTF-8.
	beyond := strings.Fields(strings.NewReplacer("0", "\U0010fe00", "1", "\ue000\u61e1", "2", "\ue001\u61c2").Replace(
		"212 102 020 021 000 210 221 101 211 010 012 220 110 001"))
	neighbours := strings.Fields("k70 k92 k609 k708 k807 k829 k906 k928 k4909 k8091 k8190 k9081")
	for _, c := range []struct {
		name   string
		before int // filler keys
		keys   []string
		after  int
		want   string // places in keys
	}{
		{"twelve members fit in 16 buckets", 0, sevens[:12], 0, "4 7 0 10 6 9 11 3 1 5 8 2"},
		{"thirteen do not", 0, sevens, 0, "0 10 12 6 9 11 3 1 5 8 2 4 7"},
		{"eight in a bucket are a list", 0, append(colliding(8), "q", "A", "1"), 0, "8 9 10 0 1 2 3 4 5 6 7"},
		{"the ninth makes a small table double", 0, append(colliding(9), "q", "A", "1"), 0, "10 0 1 2 3 4 5 6 7 8 9 11"},
		{"and the tenth", 0, append(colliding(10), "q", "A", "1"), 0, "11 0 1 2 3 4 5 6 7 8 9 10 12"},
		{"until it has 64 buckets and makes a tree, its root in front", 0, append(colliding(11), "q", "A", "1"), 0, "12 3 0 1 2 4 5 6 7 8 9 10 11 13"},
		{"eight in a larger table", 49, colliding(8), 0, "0 1 2 3 4 5 6 7"},
		{"nine", 49, colliding(9), 0, "3 0 1 2 4 5 6 7 8"},
		{"sixteen", 49, colliding(16), 0, "3 0 1 2 4 5 6 7 8 9 10 11 12 13 14 15"},
		{"sixteen the other way round", 49, reversed, 0, "3 0 1 2 4 5 6 7 8 9 10 11 12 13 14 15"},
		{"a tree is ordered by UTF-16, not by bytes", 49, beyond, 0, "1 0 2 3 4 9 13 10 5 12 8 6 11 7"},
		{"seven of a divided tree are a tree still", 35, strings.Fields("k30 k52 k74 k96 k1119 k1218 k1317 k1339 k1416 k1438 k1515 k1537 k1614"), 12, "2 0 5 11 7 8 12 3 1 4 10 6 9"},
		{"a divided tree becomes lists again", 49, neighbours, 0, "0 3 5 6 9 1 2 4 7 8 10 11"},
		{"and again", 90, neighbours, 0, "3 5 9 2 10 0 6 1 4 7 8 11"},
		{"a table that doubles afterwards", 40, neighbours, 80, "3 5 9 2 10 0 6 1 4 7 8 11"},
	} {
		var m hashMap
		m.reset()
		put := func(key string) { m.put([]byte(key), msgpack.Value{}, 0) }
		for i := range c.before {
			put(fmt.Sprintf("m%d", i))
		}
		for _, key := range c.keys {
			put(key)
		}
		for i := range c.after {
			put(fmt.Sprintf("m%d", c.before+i))
		}
		for _, key := range c.keys { // found again, in lists and in trees
			if times := m.put([]byte(key), msgpack.Value{}, 0); times != 2 {
				t.Errorf("%s: %q is put for the %d. time, want the second", c.name, key, times)
			}
		}
		var got []string
		for _, member := range m.appendOrder(nil) {
			if i := slices.Index(c.keys, string(member.key)); i >= 0 {
				got = append(got, fmt.Sprint(i))
			}
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.name, g, c.want)
		}
	}
}

// As Double.toString of Java 19 and later is specified; the earlier ones print
// a digit too many, or another last one, where the comment says so.
func TestJavaDouble(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0.0"},
		{math.Copysign(0, -1), "-0.0"},
		{1, "1.0"},
		{-1.5, "-1.5"},
		{100, "100.0"},
		{123456.789, "123456.789"},
		{0.30000000000000004, "0.30000000000000004"},
		{0.001, "0.001"},
		{9.999e-4, "9.999E-4"},
		{9999999.999, "9999999.999"},
		{1e7, "1.0E7"},
		{1e21, "1.0E21"},
		{1e23, "1.0E23"}, // 9.999999999999999E22
		{0.002, "0.002"},
		{math.Ldexp(1, -24), "5.960464477539063E-8"},  // 5.9604644775390625E-8
		{math.Ldexp(1, -44), "5.684341886080802E-14"}, // 5.6843418860808015E-14
		{math.SmallestNonzeroFloat64, "4.9E-324"},     // of two digits the closer one
		{2 * math.SmallestNonzeroFloat64, "9.9E-324"}, // 1.0E-323
		{4 * math.SmallestNonzeroFloat64, "2.0E-323"},
		{2.2250738585072014e-308, "2.2250738585072014E-308"},
		{-math.MaxFloat64, "-1.7976931348623157E308"},
		{math.NaN(), "NaN"},
		{math.Inf(1), "Infinity"},
		{math.Inf(-1), "-Infinity"},
	} {
		if got := string(event.AppendDouble(nil, c.f)); got != c.want {
			t.Errorf("%v: got %s, want %s", c.f, got, c.want)
		}
	}
}
