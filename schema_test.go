package main

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"purser/graph/generated"
)

// TestTheSchemaIsItsOwnManual wants a description of everything a client can meet.
func TestTheSchemaIsItsOwnManual(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	described := 0
	want := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s is not described", what)
		}
		described++
	}
	for name, definition := range schema.Types {
		if definition.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		want(name, definition.Description)
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			want(name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				if argument.Name != "input" { // its type is described
					want(name+"."+field.Name+"("+argument.Name+")", argument.Description)
				}
			}
		}
		for _, value := range definition.EnumValues {
			want(name+"."+value.Name, value.Description)
		}
	}
	if described < 300 {
		t.Errorf("only %d things were looked at", described)
	}
}

// TestMutationsTakeOneInputAndReturnTheirPayload keeps the manners of the API.
func TestMutationsTakeOneInputAndReturnTheirPayload(t *testing.T) {
	t.Parallel()
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, mutation := range schema.Mutation.Fields {
		name := strings.ToUpper(mutation.Name[:1]) + mutation.Name[1:]
		if mutation.Type.String() != name+"Payload!" {
			t.Errorf("%s returns %s", mutation.Name, mutation.Type)
		}
		payload := schema.Types[name+"Payload"]
		if payload == nil || payload.Fields.ForName("userErrors") == nil {
			t.Errorf("%s has no userErrors", mutation.Name)
		}
		if len(mutation.Arguments) > 1 || (len(mutation.Arguments) == 1 && mutation.Arguments[0].Type.String() != name+"Input!") {
			t.Errorf("%s takes %v", mutation.Name, mutation.Arguments)
		}
		for _, field := range payload.Fields {
			if field.Name != "userErrors" && field.Name != "replayed" && field.Type.NonNull {
				t.Errorf("%s.%s cannot be null, but there is none when it is refused", payload.Name, field.Name)
			}
		}
	}
	for name, definition := range schema.Types {
		implements := false
		for _, i := range definition.Interfaces {
			implements = implements || i == "UserError"
		}
		if definition.Kind == ast.Object && definition.Fields.ForName("code") != nil && definition.Fields.ForName("message") != nil && !implements {
			t.Errorf("%s looks like a user error and is none", name)
		}
	}
}
