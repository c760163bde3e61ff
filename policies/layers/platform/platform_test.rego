package layers.platform.platform_test

import data.regate.lib.fixtures as f

test_grant_has_no_obligation_without_cause if {
	answer := f.decide(f.request([f.person(["human"])], "little"))
	answer == {
		"allow": true,
		"reasons": [],
		"fallbacks": [],
		"obligations": [],
		"audit": {"class": "small", "capture": "metadata"},
	}
}

test_a_contract_of_another_version if {
	f.denied(f.decide(object.union(f.request([f.person(["all"])], "little"), {"version": 2})), "policy.not-granted")
}

test_a_call_that_names_no_model if {
	f.denied(f.decide(object.remove(f.request([f.person(["all"])], "little"), ["model"])), "policy.not-granted")
}

test_an_empty_chain if {
	nobody := {"identity": {"chain": [], "principals": []}}
	f.denied(f.decide(object.union(f.request([f.person(["all"])], "little"), nobody)), "policy.not-granted")
	f.denied(f.decide(object.union(f.listing([f.person(["all"])]), nobody)), "policy.not-granted")
}
