package regate.lib.layers_test

import data.regate.lib.fixtures as f

red := f.request([f.member(["all"], "red")], "large")

test_no_layer_is_in_force_without_data if f.decide(red).allow

test_a_team_binds_its_members_and_no_others if {
	f.decide_layered(f.request([f.person(["all"])], "large"), {"red": {}}, {}).allow
	f.decide_layered(f.request([f.member(["all"], "green")], "large"), {"red": {}}, {}).allow
}

test_an_application_binds_its_own_chains_and_no_others if {
	f.decide_layered(f.request([f.service(["all"])], "large"), {}, {"blue": {}}).allow
}

test_on_trial_too if {
	changes := {
		"teams": {"red": {"layer": "red", "mode": "monitor"}},
		"applications": {"test:agent": {"layer": "blue", "mode": "monitor"}},
	}
	f.decide_with(f.request([f.member(["all"], "green"), f.service(["all"])], "large"), changes).reasons == []
}

test_a_layer_in_force_must_grant if {
	f.decide_layered(red, {"red": {"grant": true}}, {}).allow
	f.denied(f.decide_layered(red, {"red": {}}, {}), "layer.not-granted")
	f.denied(f.decide_layered(red, {"red": {"grant": false}}, {}), "layer.not-granted")
}

test_a_layer_that_does_not_exist_does_not_grant if f.denied(f.decide_layered(red, {}, {}), "layer.not-granted")

test_every_layer_must_grant if {
	f.both({}, {}).allow
	f.denied(f.both({"grant": false}, {}), "layer.not-granted")
	f.denied(f.both({}, {"grant": false}), "layer.not-granted")
}

test_any_denial_wins if {
	f.denied(f.both({"deny": [{"code": "red.no"}]}, {}), "red.no")
	f.denied(f.both({}, {"deny": [{"code": "blue.no"}]}), "blue.no")
}

test_no_layer_widens if {
	asked := f.request([f.member(["careful"], "red")], "vector")
	f.denied(f.decide_layered(asked, {"red": {"grant": true}}, {}), "model.not-granted")
}

test_a_layer_binds_whoever_is_in_the_chain if {
	asked := f.request([f.person(["all"]), object.union(f.service(["all"]), {"groups": ["red"]}), f.person(["all"])], "large")
	f.denied(f.decide_layered(asked, {"red": {}}, {}), "layer.not-granted")
}

test_reasons_say_which_layer if {
	some reason in f.both({"deny": [{"code": "red.no"}]}, {}).reasons
	reason.rule == "teams/red"
}

test_reasons_keep_their_own_rule if {
	some reason in f.both({}, {"deny": [{"code": "blue.no", "rule": "elsewhere"}]}).reasons
	reason.rule == "elsewhere"
}

test_a_denial_of_another_form_denies if {
	f.denied(f.both({"deny": ["no"]}, {}), "layer.denied")
	f.denied(f.both({"deny": [{"cod": "red.no"}]}, {}), "layer.denied")
	f.denied(f.both({"deny": [{"rule": "red", "code": 7}]}, {}), "layer.denied")
}

test_notes_of_layers if {
	answer := f.both({"note": [{"code": "red.note"}]}, {"note": [{"code": "blue.note"}]})
	answer.allow
	f.codes(answer) == {"red.note", "blue.note"}
}

trial(mode, red, blue) := answer if {
	answer := f.decide_with(f.request([f.member(["all"], "red"), f.agent(["all"])], "large"), {
		"teams": {"red": object.union({"layer": "red"}, mode)},
		"applications": {"test:agent": object.union({"layer": "blue"}, mode)},
	}) with data.layers.teams as {"red": red}
		with data.layers.applications as {"blue": blue}
}

test_on_trial_denials_are_noted if {
	answer := trial({"mode": "monitor"}, {"deny": [{"code": "red.no"}], "grant": true}, {"deny": [{"code": "blue.no"}], "grant": true})
	answer.allow
	f.codes(answer) == {"would-deny:red.no", "would-deny:blue.no"}
}

test_on_trial_a_missing_grant_is_noted if {
	answer := trial({"mode": "monitor"}, {}, {})
	answer.allow
	{reason.rule | some reason in answer.reasons; reason.code == "would-deny:layer.not-granted"} == {"teams/red", "applications/blue"}
}

test_on_trial_nothing_is_shown_to_the_caller if {
	answer := trial({"mode": "monitor"}, {"deny": [{"code": "red.no", "public": true}], "grant": true}, {"grant": true})
	every reason in answer.reasons {
		reason.public == false
	}
}

test_on_trial_nothing_is_changed if {
	layer := {
		"grant": true,
		"obligation": [{"type": "cap-tokens", "max": 1}],
		"route": [{"model": "little"}],
		"note": [{"code": "red.note"}],
	}
	trial({"mode": "monitor"}, layer, layer) == f.decide(f.request([f.person(["all"])], "large"))
}

test_on_trial_is_said_beside_a_denial if {
	answer := f.decide_with(f.request([f.member(["careful"], "red")], "large"), {"teams": {"red": {"layer": "red", "mode": "monitor"}}}) with data.layers.teams as {"red": {}}
	f.codes(answer) == {"device.unmanaged", "would-deny:layer.not-granted"}
}

test_a_misspelt_or_missing_mode_enforces if {
	not trial({"mode": "monitr"}, {}, {}).allow
	not trial({}, {}, {}).allow
}

test_an_entry_without_a_layer_does_not_grant if {
	f.denied(f.decide_with(red, {"teams": {"red": {"mode": "enforce"}}}), "layer.not-granted")
}
