package gateway.listing.models_test

import data.regate.lib.fixtures as f

listed(asked) := ids if {
	ids := data.gateway.listing.models with input as asked
		with data.regate.backends as f.backends
		with data.models as f.documents.models
		with data.roles as f.documents.roles
		with data.places as f.documents.places
		with data.hours as f.documents.hours
		with data.scopes as f.documents.scopes
		with data.parameters as f.documents.parameters
		with data.retention as f.documents.retention
		with data.teams as {}
		with data.applications as {"test:agent": {"layer": "triage-agent", "mode": "enforce"}}
}

test_what_the_roles_grant if {
	listed(f.listing([f.person(["less"])])) == {"little", "other-little", "nowhere"}
	listed(f.listing([f.person(["all"])])) == object.keys(f.documents.models)
}

test_what_holds_at_the_moment if {
	not "large" in listed(f.listing([f.person(["careful"])]))
	"large" in listed(object.union(f.listing([f.person(["careful"])]), f.managed))
}

test_what_the_whole_chain_may if {
	listed(f.listing([f.person(["all"]), f.service(["fewer"])])) == {"vector"}
}

test_what_the_layers_grant if {
	listed(f.listing([f.person(["all"]), f.agent(["all"])])) == {"little", "other-little", "nowhere"}
}

test_nothing_for_nobody if {
	listed(f.listing([f.person(["watching"])])) == set()
	listed({}) == set()
}

test_nothing_when_something_else_is_asked if listed(f.request([f.person(["all"])], "large")) == set()
