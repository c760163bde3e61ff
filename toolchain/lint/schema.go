package lint

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A schema is a place in a JSON Schema: the alternatives (anyOf) of what may stand there. None means that nothing is known.
type schema struct {
	root         any
	alternatives []map[string]any
}

// schemaOf gives the schema of the input that a rule reads: the one that METADATA names closest to it, or else the general one.
func (l *linter) schemaOf(rule *ast.Rule) schema {
	root := l.InputSchema
	if own := l.compiled[placeOf(rule.Location)]; own != nil {
		root = l.annotated(own, root)
	}
	if root == nil {
		return schema{}
	}
	return schema{root: root}.at(root)
}

func (l *linter) annotated(rule *ast.Rule, otherwise any) any {
	for _, each := range l.annotations.Chain(rule) {
		if each.Annotations == nil {
			continue
		}
		for _, said := range each.Annotations.Schemas {
			if !said.Path.Equal(ast.InputRootRef) {
				continue
			}
			if said.Definition != nil {
				return *said.Definition
			}
			return l.Schemas.Get(said.Schema)
		}
	}
	return otherwise
}

// at spreads a node over its alternatives. A reference that leads nowhere, or elsewhere, is a place of which nothing is known.
func (s schema) at(nodes ...any) schema {
	found := schema{root: s.root}
	for depth := 0; len(nodes) > 0 && depth < 64; depth++ {
		var next []any
		for _, node := range nodes {
			object, ok := node.(map[string]any)
			if !ok {
				continue
			}
			ref, isRef := object["$ref"].(string)
			anyOf, isAnyOf := object["anyOf"].([]any)
			switch {
			case isRef:
				next = append(next, s.follow(ref))
			case isAnyOf:
				next = append(next, anyOf...)
			default:
				found.alternatives = append(found.alternatives, object)
			}
		}
		nodes = next
	}
	return found
}

func (s schema) follow(ref string) any {
	node := s.root
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
	}
	return node
}

// member goes one step down. It is optional where some alternative does not have to have it.
func (s schema) member(key *ast.Term) (below schema, optional bool) {
	var nodes []any
	for _, node := range s.alternatives {
		child, sure := memberOf(node, key)
		optional = optional || !sure
		nodes = append(nodes, child...)
	}
	return s.at(nodes...), optional
}

func memberOf(node map[string]any, key *ast.Term) (children []any, sure bool) {
	properties, _ := node["properties"].(map[string]any)
	switch key := key.Value.(type) {
	case ast.String:
		if node["type"] == "array" {
			return nil, false
		}
		required, _ := node["required"].([]any)
		if child, ok := properties[string(key)]; ok {
			return []any{child}, slices.Contains(required, any(string(key)))
		}
		return []any{node["additionalProperties"]}, false
	case ast.Number:
		index, isIndex := key.Int()
		return []any{node["items"]}, isIndex && index < number(node["minItems"])
	default:
		// A variable: of an array it steps through what there is, of an object it may name what there is not.
		if node["type"] == "array" {
			return []any{node["items"]}, true
		}
		for _, child := range properties {
			children = append(children, child)
		}
		return append(children, node["additionalProperties"]), false
	}
}

func number(value any) int {
	switch value := value.(type) {
	case float64:
		return int(value)
	case json.Number:
		whole, err := value.Int64()
		if err == nil {
			return int(whole)
		}
	}
	return 0
}

// isBoolean tells whether only true and false may stand there.
func (s schema) isBoolean() bool {
	return len(s.alternatives) > 0 && !slices.ContainsFunc(s.alternatives, func(node map[string]any) bool { return node["type"] != "boolean" })
}
