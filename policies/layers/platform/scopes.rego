package layers.platform

import future.keywords.not

# METADATA
# title: Limiting scopes
# description: Scopes of the presented token that data/scopes knows. Others (openid, profile, ...) say nothing about model calls.
limiting contains scope if {
	some link in input.identity.chain
	link.kind == "token"
	some scope in link.scopes
	data.scopes.operations[scope]
}

# METADATA
# title: Scoped
# description: The token's scopes cover the operation, or limit nothing and need not.
scoped if {
	some scope in limiting
	data.scopes.operations[scope][input.request.operation] == true
}

scoped if {
	count(limiting) == 0
	data.scopes.required == false
}

# METADATA
# title: Scope missing
# description: Why a token with other scopes, or without one that is required, is not enough.
deny contains {
	"code": "scope.missing",
	"rule": "layers/platform/scopes",
	"message": $"The token's scopes do not cover the operation {input.request.operation}.",
	"remediation": "Ask the token's issuer for a scope that covers it.",
	"public": true,
} if {
	not scoped
}
