package regate.lib.obligations_test

import data.regate.lib.fixtures as f

asking(red, blue) := f.both({"obligation": red}, {"obligation": blue})

merged(red, blue, type) := f.obligation(asking(red, blue), type)

test_caps_take_the_minimum if {
	merged([{"type": "cap-tokens", "max": 300}], [{"type": "cap-tokens", "max": 200}], "cap-tokens").max == 200
	merged([{"type": "cap-tokens", "max": 3000}], [], "cap-tokens").max == 1000
}

test_timeouts_take_the_minimum if {
	merged([{"type": "timeout", "seconds": 30}], [{"type": "timeout", "seconds": 20}], "timeout").seconds == 20
}

test_strips_take_the_union if {
	answer := asking([{"type": "strip-tools", "types": ["a", "b"]}], [{"type": "strip-tools", "types": ["b", "c"]}])
	f.obligation(answer, "strip-tools").types == {"a", "b", "c"}
}

test_names_and_types_are_stripped_apart if {
	answer := asking([{"type": "strip-tools", "types": ["a"]}], [{"type": "strip-tools", "names": ["b"]}])
	{given | some given in answer.obligations; given.type == "strip-tools"} == {
		{"type": "strip-tools", "types": {"a"}},
		{"type": "strip-tools", "names": {"b"}},
	}
}

test_drops_take_the_union if {
	merged([{"type": "drop-parameters", "names": ["user"]}], [{"type": "drop-parameters", "names": ["seed"]}], "drop-parameters").names == {"user", "seed"}
}

# Each of them has the same parts as another type: none may be read as the other.
test_types_are_kept_apart if {
	answer := asking(
		[{"type": "strip-tools", "names": ["tool"]}, {"type": "drop-parameters", "names": ["user"]}, {"type": "timeout", "seconds": 9}],
		[{"type": "pin-parameters", "set": {"seed": 1}}, {"type": "headers", "set": {"x-team": "red"}}],
	)
	{given | some given in answer.obligations} == {
		{"type": "cap-tokens", "max": 1000},
		{"type": "strip-tools", "names": {"tool"}},
		{"type": "drop-parameters", "names": {"user"}},
		{"type": "timeout", "seconds": 9},
		{"type": "pin-parameters", "set": {"seed": 1}},
		{"type": "headers", "set": {"x-team": "red"}},
	}
}

test_pins_are_put_together if {
	merged([{"type": "pin-parameters", "set": {"a": 1}}], [{"type": "pin-parameters", "set": {"a": 1, "b": false}}], "pin-parameters").set == {"a": 1, "b": false}
}

test_headers_are_put_together if {
	merged([{"type": "headers", "set": {"X-Team": "red"}}], [{"type": "headers", "set": {"x-team": "red", "x-app": "blue"}}], "headers").set == {"x-team": "red", "x-app": "blue"}
}

test_conflicting_pins if {
	f.denied(asking([{"type": "pin-parameters", "set": {"a": 1}}], [{"type": "pin-parameters", "set": {"a": 2}}]), "policy.conflict")
}

test_conflict_of_pin_and_drop if {
	f.denied(asking([{"type": "pin-parameters", "set": {"a": 1}}], [{"type": "drop-parameters", "names": ["a"]}]), "policy.conflict")
	asking([{"type": "pin-parameters", "set": {"a": 1}}], [{"type": "drop-parameters", "names": ["b"]}]).allow
}

test_conflicting_headers if {
	f.denied(asking([{"type": "headers", "set": {"x-team": "red"}}], [{"type": "headers", "set": {"X-Team": "blue"}}]), "policy.conflict")
}

# The gateway refuses what it does not know. Left out, it would be an obligation that nobody carries out.
test_what_cannot_be_merged_reaches_the_gateway if {
	every obligation in [
		{"type": "step-up", "acr": "2"},
		{"type": "unknown", "max": 1},
		{"type": "unknown", "seconds": 1},
		{"type": "unknown", "types": ["a"]},
		{"type": "unknown", "names": ["a"]},
		{"type": "unknown", "set": {"a": 1}},
		{"type": "timeout", "seconds": 1, "minutes": 1},
		{"type": "strip-tools", "types": ["a"], "type_names": ["b"]},
		{"type": "strip-tools", "names": ["a"], "hosts": ["b"]},
		{"type": "drop-parameters", "names": ["a"], "types": ["b"]},
		{"type": "pin-parameters", "set": {"a": 1}, "unset": ["b"]},
		{"type": "headers", "set": {"a": "1"}, "add": {"b": "1"}},
		{"type": "cap-tokens", "max": "100"},
		{"type": "cap-tokens", "maximum": 100},
		{"type": "cap-tokens", "max": 100, "per": "minute"},
		{"type": "timeout", "second": 1},
		{"type": "strip-tools"},
		{"type": "strip-tools", "types": "mcp"},
		{"type": "strip-tools", "types": ["mcp"], "names": ["b"]},
		{"type": "drop-parameters", "names": "user"},
		{"type": "pin-parameters", "set": []},
		{"type": "headers", "set": "x-team"},
		{"typ": "cap-tokens", "max": 100},
		"cap-tokens",
	] {
		obligation in asking([obligation], []).obligations
	}
}
