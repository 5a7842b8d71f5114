package alert

import (
	"bytes"
	"math"
	"strconv"

	"github.com/fluent-detect/fluent-detect/detector/event"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

// integer returns a whole number, or the text of one, as a value, or an absent value.
func integer(v msgpack.Value) value {
	switch v.Kind() {
	case msgpack.Int:
		return value{kind: anInteger, number: v.Int()}
	case msgpack.Uint:
		if n := v.Uint(); n <= math.MaxInt64 {
			return value{kind: anInteger, number: int64(n)}
		}
	case msgpack.Float:
		if f := v.Float(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return value{kind: anInteger, number: int64(f)}
		}
	case msgpack.Str, msgpack.Bin:
		if n, err := strconv.ParseInt(string(v.Bytes()), 10, 64); err == nil {
			return value{kind: anInteger, number: n}
		}
	}
	return value{}
}

// setLocation adds a place on the earth in one of the forms that Elasticsearch takes: an
// object with lat and lon, also in two parts, the text "lat,lon", or a list of lon and
// lat. Of several places it is the first.
func (d *document) setLocation(f *copiedField, values []msgpack.Value) {
	var lat, lon float64
	var hasLat, hasLon, more bool
	for i, v := range values {
		switch v.Kind() {
		case msgpack.Map:
			for members := v.Members(); ; {
				key, value, ok := members.Next()
				if !ok {
					break
				}
				switch string(key.Bytes()) {
				case "lat":
					coordinate(value, &lat, &hasLat, &more)
				case "lon":
					coordinate(value, &lon, &hasLon, &more)
				}
			}
		case msgpack.Str:
			if a, b, ok := bytes.Cut(v.Bytes(), []byte(",")); ok {
				coordinate(msgpack.TextOf(bytes.TrimSpace(a)), &lat, &hasLat, &more)
				coordinate(msgpack.TextOf(bytes.TrimSpace(b)), &lon, &hasLon, &more)
			}
		default:
			if i%2 == 0 {
				coordinate(v, &lon, &hasLon, &more)
			} else {
				coordinate(v, &lat, &hasLat, &more)
			}
		}
	}
	if more || !hasLat || !hasLon || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		d.truncate(f.Name)
	}
	if hasLat && hasLon && math.Abs(lat) <= 90 && math.Abs(lon) <= 180 {
		d.put(f.slot, value{kind: aPlace, number: int64(math.Float64bits(lat)), more: int64(math.Float64bits(lon))})
	}
}

// coordinate sets a number that is not set yet, and notes if it is.
func coordinate(v msgpack.Value, to *float64, has, more *bool) {
	var room [32]byte
	n, err := strconv.ParseFloat(string(event.AppendScalar(room[:0], v)), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return
	}
	if *has {
		*more = *more || n != *to
		return
	}
	*to, *has = n, true
}

// place writes a place as ECS or, with a name for each coordinate, OCSF has it.
func (w *writer) place(v *value, as form) bool {
	lat, lon := math.Float64frombits(uint64(v.number)), math.Float64frombits(uint64(v.more))
	switch as {
	case asLatitude:
		w.out = msgpack.AppendFloat(w.out, lat)
	case asLongitude:
		w.out = msgpack.AppendFloat(w.out, lon)
	default:
		header := w.openMap(2)
		w.string([]byte("lat"))
		w.out = msgpack.AppendFloat(w.out, lat)
		w.string([]byte("lon"))
		w.out = msgpack.AppendFloat(w.out, lon)
		w.closeMap(header, 2)
	}
	return true
}
