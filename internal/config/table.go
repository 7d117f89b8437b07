package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Table is the configuration table of the README, in Markdown, made from the struct.
func Table() string {
	var table strings.Builder
	table.WriteString("| variable | default | meaning |\n|---|---|---|\n")
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		value := field.Tag.Get("envDefault")
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", name, value, field.Tag.Get("doc"))
	}
	return table.String()
}
