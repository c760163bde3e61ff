package layers.platform

import future.keywords.not

# METADATA
# title: Refused egress
# description: >-
#   Tools by which the provider itself would reach out and that some principal's roles do not allow. What a provider fetches, or sends to a
#   remote MCP server, passes every control of the network that the caller is in.
refused_egress contains egress.type if {
	some egress in input.parameters.provider_egress
	some principal in input.identity.principals
	not egress_allowed(principal, egress)
}

# METADATA
# title: Egress allowed
# description: A role of the principal allows this kind of tool, and its host where it names one.
egress_allowed(principal, egress) if {
	some role in principal.roles
	data.roles[role].egress[egress.type] == true
	known_host(egress)
}

# METADATA
# title: Known host
# description: Of the kinds, only `mcp` names where it goes, and must name a host that the data lists.
known_host(egress) if egress.type != "mcp"

known_host(egress) if data.tools.mcp_hosts[egress.host] == true

# METADATA
# title: Strip egress tools
# description: Takes the refused tools out. A type stands for all its versions, so web_search takes web_search_20250305 with it.
obligation contains {"type": "strip-tools", "types": [tool_type(kind) | some kind in refused_egress]} if count(refused_egress) > 0

# METADATA
# title: Type of tool
# description: A connector is an `mcp` tool that names a service instead of a URL.
tool_type(kind) := "mcp" if {
	kind == "connector"
} else := kind

# METADATA
# title: Egress stripped
# description: Notes what was taken out.
note contains {
	"code": "tools.egress-stripped",
	"rule": "layers/platform/tools",
	"message": $"Tools by which the provider reaches out were taken out: {concat(", ", sort(refused_egress))}.",
	"remediation": "Run the tool in your own program, or ask for a role that allows it.",
	"public": true,
} if {
	count(refused_egress) > 0
}
