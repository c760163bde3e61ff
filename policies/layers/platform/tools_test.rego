package layers.platform.tools_test

import data.regate.lib.fixtures as f

reaching(principals, egress) := object.union(f.request(principals, "little"), {"parameters": {
	"tools": [{"type": "function", "name": "look_up"}],
	"provider_egress": egress,
}})

stripped(answer) := {type | some type in f.obligation(answer, "strip-tools").types}

test_nothing_that_reaches_out if not "strip-tools" in f.types(f.decide(reaching([f.person(["all"])], [])))

test_stripped_where_no_role_allows_it if {
	answer := f.decide(reaching([f.person(["all"])], [{"type": "web_search"}, {"type": "computer"}]))
	answer.allow
	stripped(answer) == {"web_search", "computer"}
	f.codes(answer) == {"tools.egress-stripped"}
}

test_allowed_by_a_role if not "strip-tools" in f.types(f.decide(reaching([f.person(["reaching"])], [{"type": "web_search"}])))

test_every_principal_must_be_allowed if {
	stripped(f.decide(reaching([f.person(["reaching"]), f.agent(["all"])], [{"type": "web_search"}]))) == {"web_search"}
}

test_remote_servers_by_host if {
	not "strip-tools" in f.types(f.decide(reaching([f.person(["reaching"])], [{"type": "mcp", "host": "mcp.example.com"}])))
	stripped(f.decide(reaching([f.person(["reaching"])], [{"type": "mcp", "host": "mcp.example.net"}]))) == {"mcp"}
	stripped(f.decide(reaching([f.person(["reaching"])], [{"type": "mcp"}]))) == {"mcp"}
}

test_connectors_are_mcp_tools if {
	stripped(f.decide(reaching([f.person(["reaching"])], [{"type": "connector"}]))) == {"mcp"}
}
