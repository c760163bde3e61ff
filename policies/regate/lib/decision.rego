package regate.lib

# METADATA
# title: Decision
# description: >-
#   The answer of the contract, from all layers. It is always defined, and allows only on a positive grant of the platform and of every layer
#   in force, with no denial of any.
decision := object.union(
	{
		"allow": true,
		"reasons": array.concat(notes, [reason | some reason in would_deny]),
		"fallbacks": fallbacks,
		"obligations": obligations,
		"audit": {"class": audit_class, "capture": "metadata"},
	},
	chosen,
) if {
	data.layers.platform.grant
	count(denials) == 0
} else := {
	"allow": false,
	"reasons": (denials | would_deny),
	"message": substring(concat(" ", sort(told)), 0, 1000),
} if {
	count(told) > 0
} else := {
	"allow": false,
	"reasons": (denials | would_deny),
} if {
	count(denials) > 0
} else := {
	"allow": false,
	"reasons": {{
		"code": "policy.not-granted",
		"rule": "regate/lib",
		"message": "No rule of the policy grants this request.",
		"remediation": "Ask whoever owns the policy for a role that grants it.",
		"public": true,
	}},
	"message": "No rule of the policy grants this request.",
}

# METADATA
# title: Told
# description: What the caller reads of a denial, of those reasons that are public.
told contains text if {
	some denial in denials
	denial.public == true
	text := concat(" ", [part | some key in ["message", "remediation"]; part := denial[key]])
	text != ""
}

# METADATA
# title: Chosen route
# description: The route as a part of the answer, where there is one.
chosen := {"route": route} if {
	route
} else := {}

# METADATA
# title: Audit class
# description: The class for the record, or the operation where no model is named.
audit_class := class if {
	class
} else := input.request.operation
