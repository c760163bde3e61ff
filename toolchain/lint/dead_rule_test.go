package lint

import (
	"fmt"
	"testing"
)

func TestReach(t *testing.T) {
	cases := []lintCase{
		{"a rule that nobody asks", "answer := 1\n\nlost := 2", []string{"3: dead-rule"}},
		{"a denial under a misspelt name", "answer := {\"deny\": deny}\n\ndeny contains 1\n\ndney contains 2", []string{"5: dead-rule"}},
		{"a function that nobody calls", "answer := 1\n\nf(x) := x", []string{"3: dead-rule"}},
		{"rules that only ask each other", "answer := 1\n\na if b\n\nb if input.operation == \"x\"", []string{"3: dead-rule", "5: dead-rule"}},
		{"a rule of several definitions is told once", "answer := 1\n\ndeny if input.operation == \"x\"\n\ndeny if input.operation == \"y\"", []string{"3: dead-rule"}},
		{"a default by itself", "answer := 1\n\ndefault lost := false", []string{"3: dead-rule"}},
		{"a set", "answer := 1\n\nlost contains 1", []string{"3: dead-rule"}},
		{"an object", "answer := 1\n\nlost[\"a\"] := 1", []string{"3: dead-rule"}},
		{"allowed without a reason", "answer := 1\n\n# METADATA\n# custom:\n#   regate:\n#     allow: [dead-rule]\nlost := 1", []string{"3: bad-permission", "7: dead-rule"}},
		{"asked for", "answer := a\n\na := b\n\nb := 1", nil},
		{"asked for in else", "answer := 1 if {\n\tinput.operation == \"x\"\n} else := a\n\na := 1", nil},
		{"asked for by a variable", "answer := {x | some name in [\"a\"]; some x in data.p.sets[name]}\n\nsets.a contains 1", nil},
		{"asked for as a whole package", "answer := data.p.sets\n\nsets.a contains 1", nil},
		{"called", "answer := f(1)\n\nf(x) := x", nil},
		{"in a comprehension", "answer := [x | some x in a]\n\na := [1]", nil},
		{"under not", "answer if not a\n\na if input.operation == \"x\"", nil},
		{"in with", "answer if input.operation == \"x\" with input.n as a\n\na := 1", nil},
		{"in a template string", "answer := $\"{a}\"\n\na := 1", nil},
		{"METADATA marks another entry point", "answer := 1\n\n# METADATA\n# entrypoint: true\nother := a\n\na := 1", nil},
		{"a library", "answer := 1\n\n# METADATA\n# custom:\n#   regate:\n#     library: true\nlost := 2", nil},
		{"allowed, with a reason", "answer := 1\n\n# METADATA\n# custom:\n#   regate:\n#     allow: [dead-rule]\n#     why: Teams call it.\nlost := 2", nil},
	}
	for _, one := range cases {
		t.Run(one.name, func(t *testing.T) {
			if found := lintOf(t, one.rego, "answer"); fmt.Sprint(found) != fmt.Sprint(one.want) {
				t.Errorf("found %v, wanted %v in\n%s", found, one.want, one.rego)
			}
		})
	}
}

func TestWithoutAnEntryPointNothingIsCalledDead(t *testing.T) {
	if found := lintOf(t, "lost := 2"); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
