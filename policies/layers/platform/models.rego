package layers.platform

import future.keywords.not

import data.regate.lib

# METADATA
# title: Permitted principals
# description: Places in the chain whose own roles admit the model that would be sent.
permitted contains place if {
	some place, principal in input.identity.principals
	admitted(principal, lib.class)
}

# METADATA
# title: Admitted
# description: One of the principal's own roles grants the class, and all that the role asks besides holds.
admitted(principal, class) if {
	some role in principal.roles
	needs := data.roles[role].models[class]
	is_array(needs)
	every need in needs {
		need in met
	}
}

# METADATA
# title: What holds
# description: The conditions that roles may ask for and that hold now. A condition that is misspelt or unknown is never among them.
met contains "managed-device" if input.context.device.managed == true

met contains "person" if {
	some principal in input.identity.principals
	principal.kind == "person"
}

met contains name if {
	some name, week in data.hours
	window := week[input.context.time.weekday]
	input.context.time.hour >= window.from
	input.context.time.hour < window.until
}

# METADATA
# title: Downgrade
# description: A principal whose roles do not grant the class, but have it downgraded, gets the model's `downgrade` in its place.
route contains {"model": smaller} if some smaller in downgrades

# METADATA
# title: Downgrade noted
# description: The role's own code says on the record that another model answered.
note contains {
	"code": code,
	"rule": "layers/platform/models",
	"message": $"Answered by {smaller} in place of {input.model.resolved}, which the caller's roles do not grant.",
	"public": true,
} if {
	some code, smaller in downgrades
}

# METADATA
# title: Downgrades
# description: >-
#   Reason code → the model that is sent in place of the one asked for. The value depends on the model alone, and a request names one, so no code
#   gets two values.
downgrades[code] := smaller if {
	some principal in input.identity.principals
	some role in principal.roles
	wanted := data.models[input.model.resolved]
	code := data.roles[role].downgrade[wanted.class]
	is_string(code)
	not admitted(principal, wanted.class)
	smaller := wanted.downgrade
}

# METADATA
# title: Unclassified model
# description: A model that data/models does not list has no class, so no role can grant it.
deny contains {
	"code": "model.unclassified",
	"rule": "layers/platform/models",
	"message": "The model is in the catalogue, but the policy does not say what kind of model it is.",
	"remediation": "Ask the owner of the policy to list the model in policies/models/data.yaml.",
	"public": true,
} if {
	input.model
	not lib.class
}

# METADATA
# title: Model not granted
# description: A principal none of whose roles names the class of the model.
deny contains {
	"code": "model.not-granted",
	"rule": "layers/platform/models",
	"message": $"No role of {principal.id} grants {lib.class} models.",
	"remediation": "Ask for a model that GET /models lists, or for a role that grants this one.",
	"public": true,
} if {
	some principal in input.identity.principals
	lib.class
	not named_by_role(principal)
}

# METADATA
# title: Named by a role
# description: Some role of the principal grants the class, on conditions or none.
named_by_role(principal) if {
	some role in principal.roles
	data.roles[role].models[lib.class]
}

# METADATA
# title: Condition not met
# description: A principal with a role that would grant the class, if something else held that does not.
deny contains explained(need) if {
	some place, principal in input.identity.principals
	not place in permitted
	some role in principal.roles
	some need in data.roles[role].models[lib.class]
	not need in met
}

# METADATA
# title: Explained
# description: The reason for a condition that does not hold.
explained("managed-device") := {
	"code": "device.unmanaged",
	"rule": "layers/platform/models",
	"message": "This model may be used from managed devices only, and the device is not known to be one.",
	"remediation": "Use a managed device, or ask for a smaller model.",
	"public": true,
}

explained("person") := {
	"code": "identity.no-person",
	"rule": "layers/platform/models",
	"message": "This model may be used on behalf of a person only.",
	"remediation": "Call with a token that a person has delegated.",
	"public": true,
}

explained(need) := {
	"code": "hours.closed",
	"rule": "layers/platform/models",
	"message": $"This model may be used within {need} only.",
	"remediation": "Try again within those hours.",
	"public": true,
} if {
	data.hours[need]
}

explained(need) := {
	"code": "role.unknown-condition",
	"rule": "layers/platform/models",
	"message": "A role asks for a condition that the policy does not know, so it never holds.",
	"remediation": "Tell the owner of policies/roles/data.yaml.",
	"public": false,
} if {
	not need in {"managed-device", "person"}
	not data.hours[need]
}

# METADATA
# title: No role
# description: A listing for a chain in which somebody has no role that could use a model.
deny contains {
	"code": "role.no-models",
	"rule": "layers/platform/models",
	"message": $"No role of {principal.id} grants any model.",
	"remediation": "Ask for a role.",
	"public": true,
} if {
	input.request.operation == "models"
	some principal in input.identity.principals
	not has_models(principal)
}

# METADATA
# title: Has models
# description: Some role of the principal grants some class.
has_models(principal) if {
	some role in principal.roles
	count(data.roles[role].models) > 0
}
