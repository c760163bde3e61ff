# METADATA
# title: What may be done to the gateway itself
# description: The entry point that the gateway asks before every administrative action. Nothing is granted that no rule grants.
# schemas:
#   - input: schema.administration
#   - data.administration: schema["administration-data"]
package gateway.admin

import future.keywords.not

# METADATA
# title: Answer
# description: The answer of the contract, version 1.
# entrypoint: true
# custom:
#   regate:
#     contract: 1
answer := {"allow": true, "reasons": []} if {
	granted
	not escalates
	delegable
} else := {
	"allow": false,
	"reasons": [{
		"code": "admin.not-granted",
		"rule": "gateway/admin",
		"message": "No role of the caller grants this action.",
		"remediation": "Ask whoever owns the policy for a role that grants it.",
		"public": true,
	}],
	"message": "No role of the caller grants this action. Ask whoever owns the policy for a role that grants it.",
}

# METADATA
# title: Granted
# description: Every principal of the chain has a role that grants the action.
granted if {
	count(input.identity.principals) > 0
	every principal in input.identity.principals {
		some role in principal.roles
		some pattern in data.administration.roles[role]
		covers(pattern, input.action.name)
	}
}

# METADATA
# title: Delegable
# description: In a token that is exchanged every actor has a role that may act for a role of the person. Other actions delegate nothing.
delegable if input.action.name != "tokens.exchange"

delegable if {
	every actor in array.slice(input.identity.principals, 1, count(input.identity.principals)) {
		some role in actor.roles
		some person_role in data.administration.act_for[role]
		person_role in input.identity.originator.roles
	}
}

# METADATA
# title: Escalates
# description: A key with roles that may do something to the gateway is made only by whoever may do everything.
escalates if {
	input.action.name == "keys.create"
	some role in input.parameters.roles
	some pattern in data.administration.roles[role]
	not pattern in ordinary
	not unlimited
}

# METADATA
# title: Ordinary actions
# description: What whoever calls models does for himself. A role that grants nothing else administers nothing.
ordinary := {"identity.read", "tokens.mint", "tokens.refresh", "tokens.exchange"}

# METADATA
# title: Unlimited
# description: Every principal of the chain may do everything.
unlimited if {
	every principal in input.identity.principals {
		some role in principal.roles
		"*" in data.administration.roles[role]
	}
}

# METADATA
# title: Covers
# description: A pattern is the action's name, the part before its last dots with .* behind it, or * alone.
covers(pattern, name) if pattern == name

covers(pattern, _) if pattern == "*"

covers(pattern, name) if {
	endswith(pattern, ".*")
	startswith(name, trim_suffix(pattern, "*"))
}
