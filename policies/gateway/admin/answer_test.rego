package gateway.admin_test

import data.regate.lib.fixtures as f

roles := {"root": ["*"], "keeper": ["keys.*", "log.read"], "reader": ["log.read"]}

question(principals, action) := {
	"version": 1,
	"request": {"id": "0198a5a0-0000-7000-8000-000000000000", "time": "2026-03-03T09:00:00Z", "method": "POST", "path": "/v1/keys"},
	"identity": {
		"chain": principals,
		"principals": principals,
		"originator": principals[0],
		"caller": principals[count(principals) - 1],
	},
	"context": {"time": {"weekday": "tuesday", "hour": 9, "zone": "Etc/UTC"}},
	"action": {"name": action},
}

answer(principals, action) := given if {
	given := data.gateway.admin.answer with input as question(principals, action) with data.administration as {"roles": roles, "act_for": {}}
}

test_a_role_grants_by_name if answer([f.person(["reader"])], "log.read").allow

test_a_role_grants_what_is_below if answer([f.person(["keeper"])], "keys.create").allow

test_a_role_grants_everything if answer([f.person(["root"])], "keys.create").allow

test_the_rest_is_denied_with_a_reason if {
	denied := answer([f.person(["keeper"])], "log.export")
	not denied.allow
	denied.reasons[0].code == "admin.not-granted"
}

test_a_prefix_is_not_a_part_of_a_word if not answer([f.person(["keeper"])], "keysmith.create").allow

test_every_principal_needs_a_grant if {
	not answer([f.person(["root"]), f.agent(["reader"])], "keys.create").allow
	answer([f.person(["root"]), f.agent(["keeper"])], "keys.create").allow
}

test_nobody_has_no_grant if {
	asked := object.union(question([f.person([])], "log.read"), {"identity": {"principals": []}})
	given := data.gateway.admin.answer with input as asked with data.administration as {"roles": roles, "act_for": {}}
	not given.allow
}

making(principals, roles) := given if {
	asked := object.union(question(principals, "keys.create"), {"parameters": {"roles": roles}})
	given := data.gateway.admin.answer with input as asked with data.administration as {"roles": administrators, "act_for": {}}
}

administrators := {"root": ["*"], "keeper": ["keys.*"], "caller": ["identity.read"]}

test_nobody_makes_a_key_that_may_do_more if {
	not making([f.person(["keeper"])], ["root"]).allow
	not making([f.person(["keeper"])], ["caller", "keeper"]).allow
	making([f.person(["keeper"])], ["caller", "unheard-of"]).allow
	making([f.person(["root"])], ["keeper"]).allow
	not making([f.person(["root"]), f.agent(["keeper"])], ["keeper"]).allow
}

exchanging(principals) := given if {
	given := data.gateway.admin.answer with input as question(principals, "tokens.exchange")
		with data.administration as {
			"roles": {"staff": ["tokens.exchange"], "guest": ["tokens.exchange"], "helper": ["tokens.exchange"], "stranger": ["tokens.exchange"]},
			"act_for": {"helper": ["staff"]},
		}
}

test_an_actor_acts_for_whom_its_role_may if {
	exchanging([f.person(["staff"]), f.agent(["helper"])]).allow
	exchanging([f.person(["staff"]), f.service(["helper"]), f.agent(["helper"])]).allow
	not exchanging([f.person(["guest"]), f.agent(["helper"])]).allow
	not exchanging([f.person(["staff"]), f.agent(["stranger"])]).allow
	not exchanging([f.person(["staff"]), f.service(["stranger"]), f.agent(["helper"])]).allow
}
