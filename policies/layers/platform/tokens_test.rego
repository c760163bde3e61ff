package layers.platform.tokens_test

import data.regate.lib.fixtures as f

test_the_smallest_cap_of_the_chain if {
	f.obligation(f.decide(f.request([f.person(["all"]), f.service(["careful"]), f.agent(["human"])], "little")), "cap-tokens").max == 500
}

test_no_cap_on_what_generates_nothing if {
	asked := object.union(f.request([f.person(["all"])], "vector"), {"request": {"operation": "embeddings"}})
	f.decide(asked).obligations == []
}

choices(n) := object.union(f.request([f.person(["all"])], "little"), {"parameters": {"n": n}})

test_no_cap_where_no_role_has_one if f.decide(f.request([f.person(["human"])], "little")).obligations == []

# Without the limit in the data nothing may be asked for in numbers.
test_a_missing_limit_is_not_no_limit if {
	f.denied(f.decide_with(choices(1), {"parameters": {"other": {}, "service_tiers": {}}}), "parameter.too-many-choices")
}

test_answers_at_once if {
	f.decide(choices(2)).allow
	answer := f.decide(choices(3))
	f.denied(answer, "parameter.too-many-choices")
	contains(answer.message, "at most 2")
}
