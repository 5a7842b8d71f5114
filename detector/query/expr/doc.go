// Package expr evaluates expressions: functions and operators of values.
//
//	query.Expr ──Check──▶ type
//	           ──Fold───▶ query.Expr, without what can be evaluated beforehand
//	           ──Compile─▶ Program ──Eval(columns)──▶ Value
//
// Null makes nearly everything null: an operator or a function whose argument is null
// is null. FnIsNull and FnNotNull are never null, and FnAnd and FnOr have a value where one of their
// arguments decides. What cannot be computed, such as a quotient by zero, the number
// of a text that is none, and a whole number beyond 64 bits, is null.
//
// Positions in texts count UTF-16 units, as Elasticsearch does.
//
// Programs do not change, so goroutines may share them. Evaluation does not allocate
// once its [Memory] is large enough.
package expr
