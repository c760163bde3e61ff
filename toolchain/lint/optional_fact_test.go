package lint

import "testing"

func TestADenialThatRestsOnAnOptionalFactIsCaught(t *testing.T) {
	at := func(row string) []string { return []string{row + ": optional-fact"} }
	runCases(t, []lintCase{
		{"a boolean compared", `deny contains "unmanaged" if input.device.managed == false`, at("1")},
		{"a boolean by itself says that it is true, not that it is there", "deny if input.device.managed", at("1")},
		{"a number compared", "deny if input.n > 5", at("1")},
		{"a call of a built-in", "deny if startswith(input.device.os, \"x\")", at("1")},
		{"membership", "deny if input.device.os in {\"a\", \"b\"}", at("1")},
		{"the parent is made sure of, the member is not", "deny if {\n\tinput.device\n\tinput.device.managed == false\n}", at("3")},
		{"a variable for the parent", "deny if {\n\tdevice := input.device\n\tdevice.managed == false\n}", at("3")},
		{"a member of every principal", "deny if {\n\tsome principal in input.principals\n\tprincipal.mfa == false\n}", at("3")},
		{"by index", "deny if input.principals[0].owner == \"x\"", at("1")},
		{"of another principal than the one that is sure", "deny if {\n\tsome a in input.principals\n\tsome b in input.principals\n\tx := a.owner\n\tb.owner == x\n}", at("5")},
		{"a claim", "deny if input.who.claims.department == \"x\"", at("1")},
		{"through a helper", "deny if unmanaged\n\nunmanaged if input.device.managed == false", at("3")},
		{"through a helper's value", "deny if managed == false\n\nmanaged := input.device.managed", at("1")},
		{"through a function", "deny if {\n\tsome p in input.principals\n\tweak(p)\n}\n\nweak(p) if p.mfa == false", at("6")},
		{"through a function's value", "deny if {\n\tsome p in input.principals\n\tmfa(p) == false\n}\n\nmfa(p) := p.mfa", at("3")},
		{"in the head", "deny contains {\"owner\": input.who.owner} if input.operation == \"x\"", at("1")},
		{"as the value", "deny := input.n > 5", at("1")},
		{"through a value that is worked out", "deny if bad\n\nbad := input.n > 5", at("1")},
		{"not equal", "deny if {\n\tdevice := input.device\n\tdevice.managed != true\n}", at("3")},
		{"by a key that varies", "deny if {\n\tsome key in [\"managed\"]\n\tinput.device[key] == false\n}", at("3")},
		{"through a set", "deny if \"unmanaged\" in states\n\nstates contains \"unmanaged\" if input.device.managed == false", at("3")},
		{"through several values", "deny if kind == \"b\"\n\nkind := \"a\" if input.n < 3\n\nkind := \"b\" if input.n > 5", []string{"3: optional-fact", "5: optional-fact"}},
		{"through an import", "import input.device as device\n\ndeny if device.managed == false", at("3")},
		{"in a comprehension", "deny if count([1 | input.n > 5]) > 0", at("1")},
		{"counted to zero", "deny if count(input.tools) == 0", at("1")},
		{"in every", "deny if {\n\tevery p in input.principals {\n\t\tp.mfa == false\n\t}\n}", at("3")},
		{"in else", "deny if {\n\tinput.operation == \"x\"\n} else if {\n\tinput.n > 5\n}", at("4")},
		{"under not, of a grant", "import future.keywords.not\n\ngrant if not bad\n\nbad if input.device.managed == false", at("5")},
		{"violations that a grant counts", "allow if count(faults) == 0\n\nfaults contains 1 if input.n > 5", at("3")},
		{"a sibling that asks for more", "import future.keywords.not\n\ndeny if input.n > 5\n\ndeny if {\n\tinput.operation == \"x\"\n\tnot input.n\n}", at("3")},
	})
}

func TestADenialThatIsSureOfItsFactsPasses(t *testing.T) {
	runCases(t, []lintCase{
		{"required facts", "deny if input.operation == \"x\"\n\ndeny if input.who.id == \"y\"", nil},
		{"denied unless known to be good", "import future.keywords.not\n\ndeny if not input.device.managed == true", nil},
		{"taken on a line of its own", "deny if {\n\tn := input.n\n\tn > 5\n}", nil},
		{"made sure of by a bare line", "deny if {\n\tinput.n\n\tinput.n > 5\n}", nil},
		{"a boolean taken", "deny if {\n\tmanaged := input.device.managed\n\tmanaged == false\n}", nil},
		{"a required member of what is made sure of", "deny if {\n\tinput.device\n\tinput.device.evidence == \"x\"\n}", nil},
		{"the guard may come later", "deny if {\n\tinput.n > 5\n\tis_number(input.n)\n}", nil},
		{"each of a list", "deny if {\n\tsome tool in input.tools\n\ttool.type == \"x\"\n}", nil},
		{"a sibling denies without it", "import future.keywords.not\n\ndeny if input.n > 5\n\ndeny if not input.n", nil},
		{"a helper that is under not", "import future.keywords.not\n\ndeny if not fine\n\nfine if input.n < 5", nil},
		{"a helper compared with false", "default fine := false\n\nfine if input.n < 5\n\ndeny if fine == false", nil},
		{"a template string is defined all the same", "deny contains $\"{input.n}\" if input.operation == \"x\"", nil},
		{"a grant may need what it likes", "grant if input.n < 5", nil},
		{"other rules", "route contains 1 if input.n < 5", nil},
		{"a look-up by a fact", "deny if {\n\towner := data.owners[input.who.owner]\n\towner.bad\n}", nil},
		{
			"allowed, with a reason",
			"# METADATA\n# custom:\n#   regate:\n#     allow: [optional-fact]\n#     why: Absent means one.\ndeny if input.n > 5", nil,
		},
		{
			"allowed for the package",
			"deny if input.n > 5\n\n# METADATA\n# scope: document\n# custom:\n#   regate:\n#     allow: optional-fact\n#     why: Absent means one.\ndeny if input.n > 6", nil,
		},
	})
}

func TestAPermissionNeedsAReason(t *testing.T) {
	runCases(t, []lintCase{
		{"no reason", "# METADATA\n# custom:\n#   regate:\n#     allow: [optional-fact]\ndeny if input.n > 5", []string{"1: bad-permission", "5: optional-fact"}},
		{"an empty reason", "# METADATA\n# custom:\n#   regate:\n#     allow: [optional-fact]\n#     why: ' '\ndeny if input.n > 5", []string{"1: bad-permission", "6: optional-fact"}},
		{"an unknown lint", "# METADATA\n# custom:\n#   regate:\n#     allow: [everything]\n#     why: because\ndeny if input.operation == \"x\"", []string{"1: bad-permission"}},
		{"another lint", "# METADATA\n# custom:\n#   regate:\n#     allow: [dead-rule]\n#     why: because\ndeny if input.n > 5", []string{"6: optional-fact"}},
	})
}
