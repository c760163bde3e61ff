package layers.platform.models_test

import data.regate.lib.fixtures as f

test_every_class_that_a_role_grants if {
	every model in ["large", "little", "vector"] {
		f.decide(f.request([f.person(["all"])], model)).allow
	}
}

test_no_role if f.denied(f.decide(f.request([f.person([])], "little")), "model.not-granted")

test_a_role_that_nobody_knows if f.denied(f.decide(f.request([f.person(["emperor"])], "little")), "model.not-granted")

test_a_class_that_the_role_does_not_name if {
	answer := f.decide(f.request([f.person(["careful"])], "vector"))
	f.denied(answer, "model.not-granted")
	startswith(answer.message, "No role of test:person grants embedding models.")
}

test_one_of_several_roles_is_enough if f.decide(f.request([f.person(["watching", "all"])], "large")).allow

test_a_model_that_the_data_does_not_list if f.denied(f.decide(f.request([f.person(["all"])], "new-model")), "model.unclassified")

test_every_principal_needs_a_role_of_its_own if {
	f.denied(f.decide(f.request([f.person(["all"]), f.service([])], "little")), "model.not-granted")
	f.denied(f.decide(f.request([f.person([]), f.service(["all"])], "little")), "model.not-granted")
	f.denied(f.decide(f.request([f.person(["all"]), f.service([]), f.agent(["all"])], "little")), "model.not-granted")
	f.decide(f.request([f.person(["all"]), f.service(["careful"]), f.agent(["all"])], "little")).allow
}

test_managed_device if {
	f.decide(object.union(f.request([f.person(["careful"])], "large"), f.managed)).allow
}

test_unknown_device_is_not_a_managed_one if {
	answer := f.decide(f.request([f.person(["careful"])], "large"))
	f.denied(answer, "device.unmanaged")
	some reason in answer.reasons
	reason.public
	contains(reason.remediation, "managed device")
}

test_device_that_says_nothing_of_management if {
	asked := object.union(f.request([f.person(["careful"])], "large"), {"context": {"device": {"id": "phone", "evidence": "attested"}}})
	f.denied(f.decide(asked), "device.unmanaged")
}

test_unmanaged_device if {
	asked := object.union(f.request([f.person(["careful"])], "large"), {"context": {"device": {"managed": false, "evidence": "attested"}}})
	f.denied(f.decide(asked), "device.unmanaged")
	f.decide(f.request([f.person(["careful"])], "little")).allow
}

test_hours if {
	asked := f.request([f.person(["daytime"])], "little")
	f.decide(asked).allow
	f.decide(object.union(asked, {"context": {"time": {"hour": 8}}})).allow
	f.decide(object.union(asked, {"context": {"time": {"hour": 17}}})).allow
	f.denied(f.decide(object.union(asked, {"context": {"time": {"hour": 7}}})), "hours.closed")
	f.denied(f.decide(object.union(asked, {"context": {"time": {"hour": 18}}})), "hours.closed")
	f.denied(f.decide(object.union(asked, {"context": {"time": {"weekday": "sunday"}}})), "hours.closed")
}

test_on_behalf_of_a_person if {
	f.decide(f.request([f.person(["human"]), f.agent(["human"])], "little")).allow
	f.denied(f.decide(f.request([f.agent(["human"])], "little")), "identity.no-person")
}

test_a_condition_that_nobody_knows_never_holds if {
	f.denied(f.decide(f.request([f.person(["confused"])], "little")), "role.unknown-condition")
}

# `small: true` in place of `small: []`: the conditions are not a list, so nothing is granted.
test_conditions_that_are_not_a_list if f.decide(f.request([f.person(["broken"])], "little")).allow == false

test_downgrade if {
	answer := f.decide(f.request([f.person(["less"])], "large"))
	answer.allow
	answer.route == {"model": "little"}
	f.codes(answer) == {"route.less"}
	f.obligation(answer, "cap-tokens").max == 100
}

test_downgrade_stays_in_the_dialect if f.decide(f.request([f.person(["less"])], "other-large")).route == {"model": "other-little"}

test_a_role_that_does_not_hold_takes_nothing_from_one_that_does if {
	f.decide(f.request([f.person(["careful", "all"])], "large")).allow
	f.decide(f.request([f.person(["confused", "human"])], "little")).allow
}

# `frontier: true` in place of a reason code.
test_a_downgrade_without_a_reason_is_none if {
	roles := {"roles": {"less": {"models": {"small": []}, "downgrade": {"frontier": true}}}}
	f.denied(f.decide_with(f.request([f.person(["less"])], "large"), roles), "model.not-granted")
}

test_no_downgrade_of_what_is_granted if {
	object.get(f.decide(f.request([f.person(["less"])], "little")), "route", "none") == "none"
	object.get(f.decide(f.request([f.person(["less", "all"])], "large")), "route", "none") == "none"
}

test_downgrade_of_one_binds_the_chain if {
	f.decide(f.request([f.person(["all"]), f.service(["less"])], "large")).route == {"model": "little"}
	f.decide(f.request([f.person(["less"]), f.service(["all"])], "large")).route == {"model": "little"}
}

test_everybody_must_be_permitted_what_is_sent_instead if {
	f.denied(f.decide(f.request([f.person(["fewer"])], "large")), "model.not-granted")
	f.denied(f.decide(f.request([f.person(["less"]), f.service(["fewer"])], "large")), "model.not-granted")
}

test_listing_needs_a_role_with_models if {
	f.decide(f.listing([f.person(["all"])])).allow
	f.denied(f.decide(f.listing([f.person(["watching"])])), "role.no-models")
	f.denied(f.decide(f.listing([f.person(["all"]), f.service([])])), "role.no-models")
}
