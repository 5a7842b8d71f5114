package kql_test

import (
	"errors"
	"fmt"

	"github.com/fluent-detect/fluent-detect/detector/query"
	"github.com/fluent-detect/fluent-detect/detector/query/kql"
)

func ExampleParse() {
	node, err := kql.Parse(`event.action: (StopLogging or Delete*) and not user.name: admin`)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range node.(*query.And).Nodes {
		fmt.Printf("%T %s\n", n, kql.Format(n))
	}
	// Output:
	// *query.Or event.action: (StopLogging or Delete*)
	// *query.Not not user.name: admin
}

func ExampleParse_error() {
	_, err := kql.Parse(`event.action: StopLogging and not(user.name: admin)`)
	fmt.Println(err)

	var e *query.Error
	if errors.As(err, &e) {
		fmt.Println(e.Position())
	}
	// Output:
	// 1:34: found "(", expected "and", "or" or the end of the query after the text "not"; "not" needs white space after it
	// event.action: StopLogging and not(user.name: admin)
	//                                  ^
	// 1 34
}

func ExampleFormat() {
	node, err := kql.Parse(`(a:x or a:y) and (  b:"*"  )`)
	if err == nil {
		fmt.Println(kql.Format(node))
	}
	// Output:
	// a: (x or y) and b: "*"
}
