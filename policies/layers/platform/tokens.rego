package layers.platform

import future.keywords.not

# METADATA
# title: Generating operations
# description: The operations whose output is counted in tokens. The others take no such limit, and a limit would break them.
generating := {"chat", "completions", "responses"}

# METADATA
# title: Token cap
# description: The smallest cap of all roles in the chain, so that it is held to its narrowest principal.
obligation contains {"type": "cap-tokens", "max": min(role_caps)} if {
	input.request.operation in generating
}

# METADATA
# title: Caps of roles
# description: The cap of each role in the chain that has one.
role_caps := [data.roles[role].cap_tokens |
	some principal in input.identity.principals
	some role in principal.roles
]

# METADATA
# title: Too many answers
# description: Each of `n` answers may have the full cap, so their number is limited as well.
deny contains {
	"code": "parameter.too-many-choices",
	"rule": "layers/platform/tokens",
	"message": "The request asks for more answers at once than is allowed.",
	"remediation": $"Ask for at most {data.parameters.max_choices} (n).",
	"public": true,
} if {
	n := input.parameters.n
	not n <= data.parameters.max_choices
}
