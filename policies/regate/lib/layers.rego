# METADATA
# title: The library of layers
# description: >-
#   Puts the layers together, so that whoever writes a layer writes only its rules: `grant`, `deny`, `obligation`, `route`, `note`.
#   The platform must grant, every layer in force must grant, any denial wins, and no layer widens another.
# schemas:
#   - input: schema.input
#   - data.regate.backends: schema.backends
#   - data.models: schema.models
#   - data.teams: schema.teams
#   - data.applications: schema.applications
package regate.lib

import future.keywords.not

# What the layers give is read once into arrays. In WebAssembly walking a set of objects costs a comparison of whole objects at every step.

# METADATA
# title: Teams in force
# description: The layers of the teams that any principal of the chain is in. An entry that names no layer is one that cannot grant.
teams contains object.get(entry, "layer", "") if {
	some principal in input.identity.principals
	some group in principal.groups
	entry := data.teams[group]
	not monitored(entry)
}

# METADATA
# title: Applications in force
# description: The layers of the services and agents that are part of the chain.
applications contains object.get(entry, "layer", "") if {
	some principal in input.identity.principals
	entry := data.applications[principal.id]
	not monitored(entry)
}

# METADATA
# title: Teams on trial
# description: Team layers that are only monitored.
trial_teams contains entry.layer if {
	some principal in input.identity.principals
	some group in principal.groups
	entry := data.teams[group]
	monitored(entry)
}

# METADATA
# title: Applications on trial
# description: Application layers that are only monitored.
trial_applications contains entry.layer if {
	some principal in input.identity.principals
	entry := data.applications[principal.id]
	monitored(entry)
}

# METADATA
# title: Monitored
# description: Exactly `monitor` takes a layer out of force. A misspelt or missing mode enforces.
monitored(entry) if entry.mode == "monitor"

# METADATA
# title: Denials
# description: What the layers in force deny. One is enough.
denials contains named(denial, "platform") if some denial in data.layers.platform.deny

denials contains named(denial, $"teams/{layer}") if {
	some layer in teams
	some denial in data.layers.teams[layer].deny
}

denials contains named(denial, $"applications/{layer}") if {
	some layer in applications
	some denial in data.layers.applications[layer].deny
}

denials contains not_granted($"teams/{layer}") if {
	some layer in teams
	not data.layers.teams[layer].grant
}

denials contains not_granted($"applications/{layer}") if {
	some layer in applications
	not data.layers.applications[layer].grant
}

denials contains {
	"code": "policy.conflict",
	"rule": "regate/lib",
	"message": $"The layers of the policy ask for different things at once: {conflict}.",
	"remediation": "Tell whoever owns the policy.",
} if {
	some conflict in conflicts
}

# METADATA
# title: Would-be denials
# description: What layers on trial would have denied. They are on the record and deny nothing.
would_deny contains marked(named(denial, $"teams/{layer}")) if {
	some layer in trial_teams
	some denial in data.layers.teams[layer].deny
}

would_deny contains marked(named(denial, $"applications/{layer}")) if {
	some layer in trial_applications
	some denial in data.layers.applications[layer].deny
}

would_deny contains marked(not_granted($"teams/{layer}")) if {
	some layer in trial_teams
	not data.layers.teams[layer].grant
}

would_deny contains marked(not_granted($"applications/{layer}")) if {
	some layer in trial_applications
	not data.layers.applications[layer].grant
}

# METADATA
# title: Notes
# description: Reasons that layers in force give for what they changed.
notes := array.flatten([
	[named(note, "platform") | some note in data.layers.platform.note],
	[named(note, $"teams/{layer}") | some layer in teams; some note in data.layers.teams[layer].note],
	[named(note, $"applications/{layer}") | some layer in applications; some note in data.layers.applications[layer].note],
])

# METADATA
# title: Named reason
# description: A reason with the layer that it comes from. A denial of any other form still denies.
named(reason, layer) := reason if {
	is_string(reason.code)
	is_string(reason.rule)
} else := object.union({"rule": layer}, reason) if {
	is_string(reason.code)
} else := {"code": "layer.denied", "rule": layer}

# METADATA
# title: Not granted
# description: A layer in force that does not grant denies. So does one that is named in the data and does not exist.
not_granted(layer) := {
	"code": "layer.not-granted",
	"rule": layer,
	"message": "A layer of the policy that binds this caller does not grant the request.",
	"remediation": "Ask the team that owns the layer.",
}

# METADATA
# title: Marked reason
# description: A denial of a layer on trial. It is for the record, not for the caller.
marked(reason) := object.union(reason, {"code": $"would-deny:{reason.code}", "public": false})
