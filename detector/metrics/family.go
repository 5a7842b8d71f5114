package metrics

import "strconv"

// Family is a metric of another package, with its samples.
type Family struct {
	Name, Type, Help string
	Labels           []string // names
	Samples          []Sample
}

// Sample is a value of a metric.
type Sample struct {
	Values []string // of the labels
	Value  float64
}

// AppendFamilies appends metrics to dst. Those without samples are left out.
func AppendFamilies(dst []byte, families []Family) []byte {
	w := writer{out: dst}
	for _, f := range families {
		w.family(f.Name, f.Type, f.Help)
		for _, s := range f.Samples {
			labels := make([]string, 0, 2*len(f.Labels))
			for i, name := range f.Labels {
				labels = append(labels, name, s.Values[i])
			}
			w.head(labels)
			w.out = append(strconv.AppendFloat(w.out, s.Value, 'f', -1, 64), '\n')
		}
	}
	return w.out
}
