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

# The grant must not lean on the denials: each of its conditions stands by itself.
granted(asked) if {
	data.layers.platform.grant with input as asked
		with data.regate.backends as f.backends
		with data.models as f.documents.models
		with data.roles as f.documents.roles
		with data.places as f.documents.places
		with data.hours as f.documents.hours
		with data.scopes as f.documents.scopes
		with data.teams as {}
		with data.applications as {}
}

broken := {
	"version": [{"op": "replace", "path": "/version", "value": 2}],
	"place": [{"op": "remove", "path": "/context/location"}],
	"scope": [{"op": "replace", "path": "/identity/chain/1", "value": f.token(["other"])}],
	"nobody": [{"op": "replace", "path": "/identity/principals", "value": []}],
	"role": [{"op": "replace", "path": "/identity/principals/0/roles", "value": ["watching"]}],
}

scoped(asked) := json.patch(asked, [{"op": "replace", "path": "/identity/chain/1", "value": f.token(["call", "list"])}])

test_each_condition_of_the_grant if {
	asked := scoped(f.request([f.person(["all"])], "large"))
	granted(asked)
	every patch in object.union(broken, {
		"model": [{"op": "remove", "path": "/model"}],
		"attempt": [{"op": "replace", "path": "/attempt/number", "value": 2}],
	}) {
		not granted(json.patch(asked, hurt(patch)))
	}
}

test_each_condition_of_the_grant_of_a_listing if {
	asked := scoped(f.listing([f.person(["all"])]))
	granted(asked)
	every patch in object.union(broken, {
		"operation": [{"op": "replace", "path": "/request/operation", "value": "chat"}],
		"model": [{"op": "add", "path": "/model", "value": {"requested": "new", "resolved": "new", "candidates": []}}],
	}) {
		not granted(json.patch(asked, hurt(patch)))
	}
}

# The scope that breaks the grant is one that covers something else.
hurt(patch) := patch if {
	not patch[0].path == "/identity/chain/1"
} else := [{"op": "replace", "path": "/identity/chain/1", "value": f.token(["embed"])}]

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
