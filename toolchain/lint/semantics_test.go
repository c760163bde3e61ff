package lint

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
)

// What the lint says of a negation is what OPA does with it: without the import it is flagged exactly where the import changes the answer to an
// input that lacks the facts.
func TestNegationsAreFlaggedWhereOPAsAnswerDependsOnTheImport(t *testing.T) {
	for _, negated := range []string{
		"input.n", "input.n == 5", "5 == input.n", "input.n > 5", "input.device.managed", "input.device.managed == true",
		"startswith(input.device.os, \"a\")", "count(input.tools) == 3", "input.device.os in {\"a\"}", "data.p.f(input.n)", "data.p.f(input.operation)",
		"data.owners[input.who.owner]", "data.owners[input.who.owner] == 1", "data.owners[input.who.id]", "data.p.n", "data.p.n == 5", "data.p.n > 5",
		"[input.n] == [1]", "[{\"a\": 1}] == [{\"a\": input.n}]", "input.tools[0].host == \"a\"", "input.operation == input.device.os",
		"count([x | x := input.n]) > 0", "object.get(input, [\"device\", \"os\"], \"\") == \"a\"", "upper(input.device.os) == \"A\"",
	} {
		text := func(header string) string {
			return header + "x if not " + negated + "\n\nn := input.n\n\nf(a) if a > 5\n"
		}
		plain, future := holds(t, text("")), holds(t, text("import future.keywords.not\n\n"))
		flagged := slices.Contains(lintOf(t, text("")), "1: undefined-not")
		if flagged != (plain != future) {
			t.Errorf("not %s: flagged %v; holds %v without the import, %v with it", negated, flagged, plain, future)
		}
	}
}

func holds(t *testing.T, text string) bool {
	t.Helper()
	input := map[string]any{
		"operation": "chat", "who": map[string]any{"id": "w", "claims": map[string]any{}}, "principals": []any{map[string]any{"id": "w"}},
	}
	results, err := rego.New(
		rego.Query("data.p.x"), rego.Module("p.rego", "package p\n"+text), rego.Input(input),
	).Eval(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return len(results) == 1 && fmt.Sprint(results[0].Expressions[0].Value) == "true"
}
