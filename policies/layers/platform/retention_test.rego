package layers.platform.retention_test

import data.regate.lib.fixtures as f

pinned(asked) := object.get(f.obligation(f.decide(asked), "pin-parameters"), "set", {})

chat(parameters) := object.union(f.request([f.person(["human"])], "little"), {"parameters": parameters})

responses(principals, parameters) := object.union(
	f.request(principals, "little"),
	{"request": {"operation": "responses"}, "parameters": parameters},
)

test_set_by_the_caller if pinned(chat({"store": true})) == {"store": false}

test_off_already if {
	not "pin-parameters" in f.types(f.decide(chat({"store": false})))
	not "pin-parameters" in f.types(f.decide(chat({})))
}

test_on_by_default if {
	pinned(responses([f.person(["human"])], {})) == {"store": false}
	not "pin-parameters" in f.types(f.decide(responses([f.person(["human"])], {"store": false})))
}

test_background if {
	pinned(responses([f.person(["human"])], {"background": true, "store": true})) == {"store": false, "background": false}
}

test_a_dialect_that_has_no_such_parameter if {
	asked := object.union(f.request([f.person(["human"])], "other-little"), {"parameters": {"store": true}})
	not "pin-parameters" in f.types(f.decide(asked))
}

test_everybody_must_have_a_role_that_may_keep if {
	not "pin-parameters" in f.types(f.decide(responses([f.person(["keeping"])], {"store": true})))
	pinned(responses([f.person(["keeping"]), f.agent(["human"])], {"store": true})) == {"store": false}
}
