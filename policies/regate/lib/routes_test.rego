package regate.lib.routes_test

import data.regate.lib.fixtures as f

routing(red, blue) := f.both({"route": red}, {"route": blue})

test_a_layer_routes if {
	routing([{"backend": "two"}], []).route == {"backend": "two"}
	routing([{"model": "little"}], [{"backend": "two"}]).route == {"model": "little", "backend": "two"}
	routing([{"model": "little"}], [{"model": "little"}]).route == {"model": "little"}
}

test_a_route_does_not_widen if {
	asked := f.request([f.member(["careful"], "red")], "little")
	layer := {"grant": true, "route": [{"model": "large"}]}
	f.denied(f.decide_layered(asked, {"red": layer}, {}), "device.unmanaged")
}

test_a_route_stays_in_the_dialect if f.denied(routing([{"model": "other-little"}], []), "route.not-permitted")

test_two_layers_two_routes if {
	f.denied(routing([{"model": "little"}], [{"model": "vector"}]), "policy.conflict")
	f.denied(routing([{"backend": "one"}], [{"backend": "two", "model": "little"}]), "policy.conflict")
}

test_one_layer_two_routes if f.denied(routing([{"model": "little"}, {"model": "vector"}], []), "policy.conflict")

test_a_route_against_a_downgrade if {
	asked := f.request([f.member(["less"], "red")], "large")
	"policy.conflict" in f.codes(f.decide_layered(asked, {"red": {"grant": true, "route": [{"model": "vector"}]}}, {}))
}

test_a_malformed_route_is_not_overlooked if {
	every route in ["little", {"modell": "little"}, {"model": 1}, {"model": "little", "region": "eu"}] {
		"policy.conflict" in f.codes(routing([route], []))
	}
}

retry(candidate, red) := f.decide_layered(
	object.union(f.request([f.member(["all"], "red")], "large"), f.attempt(candidate)),
	{"red": {"grant": true, "route": red}},
	{},
)

test_a_candidate_must_keep_to_the_routes if {
	retry(f.at("two", "large"), [{"backend": "two"}]).route == f.at("two", "large")
	f.denied(retry(f.at("two", "large"), [{"backend": "one"}]), "route.not-permitted")
	f.denied(retry(f.at("two", "large"), [{"model": "little"}]), "route.not-permitted")
}

test_a_layer_judges_what_would_be_sent if {
	layer := {"layer": "platform-team", "mode": "enforce"}
	asked := f.request([f.member(["less"], "red")], "large")
	f.decide_with(asked, {"teams": {"red": layer}}).route == {"model": "little"}
}
