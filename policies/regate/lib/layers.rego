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

# METADATA
# title: Teams in force
# description: The layers of the teams that any principal of the chain is in.
teams contains entry if {
	some principal in input.identity.principals
	some group in principal.groups
	entry := data.teams[group]
}

# METADATA
# title: Applications in force
# description: The layers of the services and agents that are part of the chain.
applications contains entry if {
	some principal in input.identity.principals
	entry := data.applications[principal.id]
}

# METADATA
# title: Monitored
# description: Exactly `monitor` takes a layer out of force. A misspelt or missing mode enforces.
monitored(entry) if entry.mode == "monitor"

# METADATA
# title: Denials
# description: What the layers in force deny. One is enough.
denials contains named(denial, "platform") if some denial in data.layers.platform.deny

denials contains named(denial, $"teams/{entry.layer}") if {
	some entry in teams
	not monitored(entry)
	some denial in data.layers.teams[entry.layer].deny
}

denials contains named(denial, $"applications/{entry.layer}") if {
	some entry in applications
	not monitored(entry)
	some denial in data.layers.applications[entry.layer].deny
}

denials contains not_granted($"teams/{entry.layer}") if {
	some entry in teams
	not monitored(entry)
	not data.layers.teams[entry.layer].grant
}

denials contains not_granted($"applications/{entry.layer}") if {
	some entry in applications
	not monitored(entry)
	not data.layers.applications[entry.layer].grant
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
# description: What monitored layers would have denied. They are on the record and deny nothing.
would_deny contains marked(named(denial, $"teams/{entry.layer}")) if {
	some entry in teams
	monitored(entry)
	some denial in data.layers.teams[entry.layer].deny
}

would_deny contains marked(named(denial, $"applications/{entry.layer}")) if {
	some entry in applications
	monitored(entry)
	some denial in data.layers.applications[entry.layer].deny
}

would_deny contains marked(not_granted($"teams/{entry.layer}")) if {
	some entry in teams
	monitored(entry)
	not data.layers.teams[entry.layer].grant
}

would_deny contains marked(not_granted($"applications/{entry.layer}")) if {
	some entry in applications
	monitored(entry)
	not data.layers.applications[entry.layer].grant
}

# METADATA
# title: Notes
# description: Reasons that layers give for what they changed.
notes contains named(note, "platform") if some note in data.layers.platform.note

notes contains named(note, $"teams/{entry.layer}") if {
	some entry in teams
	not monitored(entry)
	some note in data.layers.teams[entry.layer].note
}

notes contains named(note, $"applications/{entry.layer}") if {
	some entry in applications
	not monitored(entry)
	some note in data.layers.applications[entry.layer].note
}

# METADATA
# title: Named reason
# description: A reason with the layer that it comes from. A denial of any other form still denies.
named(reason, layer) := object.union({"rule": layer}, reason) if {
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
# description: A denial of a monitored layer; it is for the record, not for the caller.
marked(reason) := object.union(reason, {"code": $"would-deny:{reason.code}", "public": false})
