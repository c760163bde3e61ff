package layers.teams["platform-team"].tests

import data.regate.lib.fixtures as f

changes := {
	"teams": {"platform-team": {"layer": "platform-team", "mode": "enforce"}},
	"roles": {"all": {"models": {"frontier": [], "experimental": []}}},
	"models": {"large": {"class": "frontier"}, "new": {"class": "experimental"}},
}

request(model) := f.request([f.member(["all"], "platform-team")], model)

tools(count) := {"parameters": {"tools": [{"type": "function", "name": $"tool_{n}"} | some n in numbers.range(1, count)]}}

test_chat_is_granted_and_capped if {
	answer := f.decide_with(request("large"), changes)
	answer.allow
	f.obligation(answer, "cap-tokens").max == 16384
}

test_a_class_that_only_the_platform_grants if f.denied(f.decide_with(request("new"), changes), "layer.not-granted")

test_tools if {
	f.decide_with(object.union(request("large"), tools(64)), changes).allow
	answer := f.decide_with(object.union(request("large"), tools(65)), changes)
	f.denied(answer, "platform-team.too-many-tools")
	startswith(answer.message, "The request offers 65 tools")
}

test_counting_is_not_capped if {
	f.decide_with(object.union(request("large"), {"request": {"operation": "count-tokens"}}), changes).obligations == []
}

test_listing if f.decide_with(f.listing([f.member(["all"], "platform-team")]), changes).allow

# The grant must not lean on what the platform says.
granted(asked) if {
	data.layers.teams["platform-team"].grant with input as asked
		with data.models as changes.models
		with data.roles as changes.roles
		with data.teams as {}
		with data.applications as {}
}

test_the_grant_by_itself if {
	granted(request("large"))
	not granted(request("new"))
	not granted(object.remove(request("large"), ["model"]))
	not granted(object.union(request("new"), {"request": {"operation": "models"}}))
}
