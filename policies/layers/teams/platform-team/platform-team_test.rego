package layers.teams["platform-team"].tests

import data.regate.lib.fixtures as f

ask(operation) := f.decide_with(
	object.union(f.request([f.member(["all"], "platform-team")], "large"), {"request": {"operation": operation}}),
	{
		"teams": {"platform-team": {"layer": "platform-team", "mode": "enforce"}},
		"roles": {"all": {"models": {"frontier": []}}},
	},
)

test_chat_is_granted_and_capped if {
	answer := ask("chat")
	answer.allow
	f.obligation(answer, "cap-tokens").max == 16384
}

test_legacy_completions if {
	answer := ask("completions")
	answer.allow == false
	"platform-team.legacy-operation" in f.codes(answer)
	contains(answer.message, "Use chat completions")
}

test_counting_is_not_capped if ask("count-tokens").obligations == []
