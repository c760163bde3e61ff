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

test_answers_at_once if {
	f.decide(choices(2)).allow
	answer := f.decide(choices(3))
	f.denied(answer, "parameter.too-many-choices")
	contains(answer.message, "at most 2")
}
