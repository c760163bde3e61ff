package layers.platform.scopes_test

import data.regate.lib.fixtures as f

with_scopes(scopes) := json.patch(
	f.request([f.person(["all"])], "little"),
	[{"op": "replace", "path": "/identity/chain/1", "value": f.token(scopes)}],
)

strict := {"scopes": {"required": true, "operations": {"call": {"chat": true}}}}

test_no_scope if f.decide(with_scopes([])).allow

test_scopes_that_mean_nothing_here if f.decide(with_scopes(["openid", "profile"])).allow

test_covering_scope if f.decide(with_scopes(["openid", "call"])).allow

test_scope_for_something_else if f.denied(f.decide(with_scopes(["list"])), "scope.missing")

test_one_covering_scope_is_enough if f.decide(with_scopes(["list", "call"])).allow

test_required_scope if {
	f.decide_with(with_scopes(["call"]), strict).allow
	f.denied(f.decide_with(with_scopes([]), strict), "scope.missing")
	f.denied(f.decide_with(with_scopes(["openid"]), strict), "scope.missing")
}
