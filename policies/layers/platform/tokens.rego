package layers.platform

# METADATA
# title: Generating operations
# description: The operations whose output is counted in tokens. The others take no such limit, and a limit would break them.
generating := {"chat", "completions", "responses"}

# METADATA
# title: Token cap
# description: Each role's cap. The library takes the smallest, so a chain is held to its narrowest principal.
obligation contains {"type": "cap-tokens", "max": cap} if {
	input.request.operation in generating
	some principal in input.identity.principals
	some role in principal.roles
	cap := data.roles[role].cap_tokens
}

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
	not input.parameters.n <= data.parameters.max_choices
	input.parameters.n
}
