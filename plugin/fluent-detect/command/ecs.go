package command

import (
	"github.com/spf13/cobra"

	"github.com/fluent-detect/fluent-detect/detector/jsontext"
	"github.com/fluent-detect/fluent-detect/detector/msgpack"
)

func (a *app) ecs() *cobra.Command {
	var fields *keys
	c := &cobra.Command{
		Use:   "ecs FILE...",
		Short: "Print the events as the rules see them",
		Long: `Print the ECS fields of each event as the rules see them. Each event is one line of
nested JSON, whatever its envelope. An event that is an ECS document is printed
unchanged.

Exit code: 0 if everything was read, 1 if something could not be read.`,
		Example: `  fluent-detect ecs trail.json.gz | jq .
  fluent-detect ecs trail.json.gz | fluent-detect eval --query 'user.name: alice' -`,
		Args: atLeastOne("FILE"),
		RunE: func(c *cobra.Command, files []string) error {
			loader, err := fields.loader()
			if err != nil {
				return err
			}
			var packed []byte
			return a.eachEvent(c.Context(), loader.Schema, files, func(r *reading, e located) error {
				packed = e.AppendECS(packed[:0])
				view, _, err := msgpack.Read(packed, 0)
				if err != nil {
					return err
				}
				r.out.buf = append(jsontext.AppendJSON(r.out.buf, view), '\n')
				return nil
			})
		},
	}
	c.Flags().SortFlags = false
	fields = fieldFlags(c)
	return c
}
