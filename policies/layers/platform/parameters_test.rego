package layers.platform.parameters_test

import data.regate.lib.fixtures as f

asking(parameters) := object.union(f.request([f.person(["all"])], "little"), {"parameters": parameters})

test_field_that_the_data_allows if f.decide(asking({"other": ["speed"]})).allow

test_other_fields if {
	f.denied(f.decide(asking({"other": ["previous_response_id"]})), "parameter.not-allowed")
	f.denied(f.decide(asking({"other": ["container", "speed"]})), "parameter.not-allowed")
}

test_service_tiers if {
	f.decide(asking({"service_tier": "default"})).allow
	f.denied(f.decide(asking({"service_tier": "priority"})), "parameter.service-tier")
}
