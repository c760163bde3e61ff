package layers.applications["triage-agent"].tests

import data.regate.lib.fixtures as f

layer := {"applications": {"test:agent": {"layer": "triage-agent", "mode": "enforce"}}}

roles := {"roles": {"all": {"models": {"frontier": [], "small": []}}}}

ask(asked) := f.decide_with(asked, object.union(layer, roles))

test_small_models_for_somebody if {
	answer := ask(f.request([f.person(["all"]), f.agent(["all"])], "little"))
	answer.allow
	f.obligation(answer, "cap-tokens").max == 2048
}

test_no_other_models if f.denied(ask(f.request([f.person(["all"]), f.agent(["all"])], "large")), "layer.not-granted")

test_for_nobody if {
	answer := ask(f.request([f.agent(["all"])], "little"))
	"triage-agent.for-nobody" in f.codes(answer)
}

test_with_a_key_that_somebody_owns if {
	owned := object.union(f.agent(["all"]), {"owner": {"kind": "team", "id": "support"}})
	ask(f.request([owned], "little")).allow
}

test_listing if ask(f.listing([f.person(["all"]), f.agent(["all"])])).allow

# The grant must not lean on what the platform or the denials say.
granted(asked) if {
	data.layers.applications["triage-agent"].grant with input as asked
		with data.models as f.documents.models
		with data.roles as roles.roles
		with data.teams as {}
		with data.applications as {}
}

test_the_grant_by_itself if {
	granted(f.request([f.person(["all"]), f.agent(["all"])], "little"))
	not granted(f.request([f.agent(["all"])], "little"))
	not granted(object.remove(f.request([f.person(["all"]), f.agent(["all"])], "little"), ["model"]))
	not granted(object.union(f.request([f.person(["all"]), f.agent(["all"])], "large"), {"request": {"operation": "models"}}))
}

test_counting_is_not_capped if {
	counting := object.union(f.request([f.person(["all"]), f.agent(["all"])], "little"), {"request": {"operation": "count-tokens"}})
	ask(counting).obligations == []
}
