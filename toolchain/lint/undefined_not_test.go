package lint

import "testing"

const future = "import future.keywords.not\n\n"

func TestANegationThatAnAbsentFactDecidesIsCaught(t *testing.T) {
	at := func(row string) []string { return []string{row + ": undefined-not"} }
	runCases(t, []lintCase{
		{"a comparison", "x if not input.n > 5", at("1")},
		{"a built-in", "x if not startswith(input.device.os, \"a\")", at("1")},
		{"a function", "x if not f(input.n)\n\nf(n) if n > 5", at("1")},
		{"a nested call", "x if not count(input.tools) == 3", at("1")},
		{"membership", "x if not input.device.os in {\"a\"}", at("1")},
		{"in brackets", "x if not data.owners[input.who.owner]", at("1")},
		{"in brackets, compared", "x if not data.owners[input.who.owner] == 1", at("1")},
		{"in a set", "x if not {input.n} == {1}", at("1")},
		{"in a comprehension", "x := [1 | not input.n > 5]", at("1")},
		{"in every", "x if {\n\tevery p in input.principals {\n\t\tnot startswith(p.owner, \"a\")\n\t}\n}", at("3")},
		{"in else", "x if {\n\tinput.operation == \"x\"\n} else if {\n\tnot input.n > 5\n}", at("4")},
		{"a denial, in which it fails open", "deny if not input.n <= 5", at("1")},
		{"through a rule's value", "x if not n > 5\n\nn := input.n", at("1")},
		{"a grant on what is not known to be bad", future + "grant if not input.n > 5", at("3")},
		{"a grant on what is not known to be true", future + "grant if not input.device.managed", at("3")},
		{"a grant, compared", "grant if not input.device.os == \"bad\"", at("1")},
		{"a helper of a grant", future + "grant if fine\n\nfine if not input.n > 5", at("5")},
		{"a helper that a denial negates", future + "deny if not fine\n\nfine if not input.n > 5", at("5")},
		{"a value that is worked out", future + "grant if not bad\n\nbad := input.n > 5", at("3")},
		{"an explicit body", future + "grant if not {\n\tinput.n > 5\n}", at("3")},
	})
}

func TestANegationThatMeansWhatItSaysPasses(t *testing.T) {
	runCases(t, []lintCase{
		{"with the import", future + "x if not input.n > 5", nil},
		{"with the import, in a denial", future + "deny if not input.n <= 5", nil},
		{"a required fact", "x if not input.operation == \"x\"\n\ny if not startswith(input.operation, \"x\")", nil},
		{"a reference by itself", "x if not input.device.managed", nil},
		{"a reference compared", "x if not input.device.managed == true", nil},
		{"a denial of what is not known to be good", "deny if not input.device.managed == true", nil},
		{"taken before", "x if {\n\tn := input.n\n\tnot n > 5\n}", nil},
		{"made sure of before", "x if {\n\tinput.n\n\tnot input.n > 5\n}", nil},
		{"a grant that asks for absence", "grant if not input.device", nil},
		{"a grant that asks for the absence of a member", "grant if not input.device.os", nil},
		{"a grant that has made sure", future + "grant if {\n\tn := input.n\n\tnot n > 5\n}", nil},
		{"a grant beside one for absence", future + "grant if not input.n > 5\n\ngrant if not input.n", nil},
		{"a grant that negates a denial", future + "grant if not bad\n\nbad if {\n\tn := input.n\n\tn > 5\n}", nil},
		{
			"allowed, with a reason",
			"# METADATA\n# custom:\n#   regate:\n#     allow: [undefined-not]\n#     why: Absent means one.\nx if not input.n > 5", nil,
		},
	})
}
