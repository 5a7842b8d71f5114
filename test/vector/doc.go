// Package vector has tests with a real Vector, if one is on PATH: of the
// configurations in conf/vector, of kill -9 on both sides, and of what
// fluent-detect check says about configurations, beside what Vector says and does.
package vector
