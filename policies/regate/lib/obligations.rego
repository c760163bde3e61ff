package regate.lib

# METADATA
# title: Obligations as the layers ask for them
# description: Of the platform and of every layer in force. A monitored layer asks for nothing.
asked contains obligation if some obligation in data.layers.platform.obligation

asked contains obligation if {
	some entry in teams
	not monitored(entry)
	some obligation in data.layers.teams[entry.layer].obligation
}

asked contains obligation if {
	some entry in applications
	not monitored(entry)
	some obligation in data.layers.applications[entry.layer].obligation
}

# METADATA
# title: Obligations of the answer
# description: Merged so that each is as strict as the strictest. Conflicts have been denied before this is read.
obligations contains {"type": "cap-tokens", "max": min(caps)} if count(caps) > 0

obligations contains {"type": "timeout", "seconds": min(timeouts)} if count(timeouts) > 0

obligations contains {"type": "strip-tools", "types": stripped_types} if count(stripped_types) > 0

obligations contains {"type": "strip-tools", "names": stripped_names} if count(stripped_names) > 0

obligations contains {"type": "drop-parameters", "names": dropped} if count(dropped) > 0

obligations contains {"type": "pin-parameters", "set": {name: value | some [name, value] in pinned}} if count(pinned) > 0

obligations contains {"type": "headers", "set": {name: value | some [name, value] in headers}} if count(headers) > 0

# An obligation that this library cannot merge, unknown or malformed, is passed on as it is: the gateway refuses what it does not understand.
obligations contains obligation if {
	some obligation in asked
	not mergeable(obligation)
}

# METADATA
# title: Mergeable
# description: An obligation whose every part this library reads. One that it would only half understand must reach the gateway whole.
mergeable(obligation) if {
	obligation.type == "cap-tokens"
	is_number(obligation.max)
	count(obligation) == 2
}

mergeable(obligation) if {
	obligation.type == "timeout"
	is_number(obligation.seconds)
	count(obligation) == 2
}

mergeable(obligation) if {
	obligation.type == "strip-tools"
	count(obligation) > 1
	every part, value in object.remove(obligation, ["type"]) {
		part in {"types", "names"}
		listed(value)
	}
}

mergeable(obligation) if {
	obligation.type == "drop-parameters"
	listed(obligation.names)
	count(obligation) == 2
}

mergeable(obligation) if {
	obligation.type in {"pin-parameters", "headers"}
	is_object(obligation.set)
	count(obligation) == 2
}

# METADATA
# title: Listed
# description: Names as an array, or as a set, which is an array in the answer.
listed(names) if is_array(names)

listed(names) if is_set(names)

caps := {obligation.max | some obligation in asked; obligation.type == "cap-tokens"; mergeable(obligation)}

timeouts := {obligation.seconds | some obligation in asked; obligation.type == "timeout"; mergeable(obligation)}

stripped_types := {name | some obligation in asked; obligation.type == "strip-tools"; mergeable(obligation); some name in obligation.types}

stripped_names := {name | some obligation in asked; obligation.type == "strip-tools"; mergeable(obligation); some name in obligation.names}

dropped := {name | some obligation in asked; obligation.type == "drop-parameters"; mergeable(obligation); some name in obligation.names}

pinned := {[name, value] | some obligation in asked; obligation.type == "pin-parameters"; some name, value in obligation.set}

headers := {[lower(name), value] | some obligation in asked; obligation.type == "headers"; some name, value in obligation.set}

conflicts contains $"parameter {name}" if {
	some [name, value] in pinned
	some [again, other] in pinned
	again == name
	value != other
}

conflicts contains $"parameter {name}" if {
	some [name, _] in pinned
	name in dropped
}

conflicts contains $"header {name}" if {
	some [name, value] in headers
	some [again, other] in headers
	again == name
	value != other
}
