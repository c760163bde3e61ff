# METADATA
# title: The triage agent's layer
# description: >-
#   An example of the rules of one application. They bind every chain that the agent is part of, whoever it acts for.
#   policies/applications/data.yaml puts them in force.
package layers.applications["triage-agent"]

import future.keywords.not

import data.regate.lib

# METADATA
# title: Grant
# description: Triage sorts tickets with small models, for somebody. Nobody has looked at what it would do with others, or on its own account.
grant if {
	acts_for_somebody
	lib.class == "small"
}

# METADATA
# title: Grant of a listing
# description: The list of models names none, so there is no class to look at.
grant if {
	input.request.operation == "models"
	not input.model
}

# METADATA
# title: Acts for somebody
# description: Another principal stands behind the agent, or somebody owns the key that it calls with.
acts_for_somebody if input.identity.originator.kind != "agent"

acts_for_somebody if input.identity.caller.owner

# METADATA
# title: On its own account
# description: Why the agent alone gets nothing.
deny contains {
	"code": "triage-agent.for-nobody",
	"message": "The triage agent may only act for somebody.",
	"remediation": "Exchange the user's token for one of the agent (RFC 8693) and call with that.",
	"public": true,
} if {
	not acts_for_somebody
}

# METADATA
# title: Short answers
# description: A label and a sentence need no more.
obligation contains {"type": "cap-tokens", "max": 2048} if input.request.operation in {"chat", "responses"}
