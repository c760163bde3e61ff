package system.log.mask_test

import data.regate.lib.fixtures as f

event(principals) := {"decision_id": "1", "input": f.request(principals, "little"), "result": {"allow": true, "reasons": []}}

masked(principals, settings) := pointers if {
	pointers := data.system.log.mask with input as event(principals)
		with data.mask as settings
}

ada := object.union(f.person(["all"]), {"claims": {"email": "ada@example.com", "department": "engines"}})

test_nothing_to_erase if masked([f.person(["all"])], {"claims": {}, "erase": []}) == set()

test_claims_are_erased_wherever_they_stand if {
	masked([ada, f.agent(["all"])], {"claims": {"department": true}, "erase": []}) == {
		"/input/identity/chain/0/claims/email",
		"/input/identity/principals/0/claims/email",
		"/input/identity/originator/claims/email",
	}
	masked([f.service(["all"]), ada], {"claims": {"department": true}, "erase": []}) == {
		"/input/identity/chain/1/claims/email",
		"/input/identity/principals/1/claims/email",
		"/input/identity/caller/claims/email",
	}
}

test_names_are_escaped if {
	claims := {"https://example.com/~ada": "x"}
	masked([object.union(f.person([]), {"claims": claims})], {"claims": {}, "erase": []}) == {
		"/input/identity/chain/0/claims/https:~1~1example.com~1~0ada",
		"/input/identity/principals/0/claims/https:~1~1example.com~1~0ada",
		"/input/identity/originator/claims/https:~1~1example.com~1~0ada",
		"/input/identity/caller/claims/https:~1~1example.com~1~0ada",
	}
}

test_whatever_else_the_data_says if {
	masked([f.person([])], {"claims": {}, "erase": ["/input/context/location/ip"]}) == {"/input/context/location/ip"}
}

test_an_event_without_input if {
	pointers := data.system.log.mask with input as {"decision_id": "1"}
		with data.mask as {"claims": {}, "erase": []}
	pointers == set()
}
