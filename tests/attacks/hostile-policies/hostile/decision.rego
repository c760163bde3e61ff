# A gallery of what a policy may do wrong, by mistake or on purpose. The path chooses; every other path is answered as it should be.
package gateway.decision

# METADATA
# entrypoint: true
default answer := {"allow": false, "reasons": [{"code": "nobody"}]}

answer := {"allow": true} if {
	not startswith(input.request.path, "/hostile/")
	"engineer" in input.identity.caller.roles
}

answer := hostile(trim_prefix(input.request.path, "/hostile/"))

few := numbers.range(1, 100)

many := numbers.range(1, 20000)

# Computing without end, as far as anybody would wait.

hostile("product") := {"allow": true} if {
	count([1 | some a in few; some b in few; some c in few; some d in few; some e in few; a + b + c + d + e == -1]) == 0
}

hostile("nothing-found") := {"allow": true} if {
	not found
}

found if {
	some a in many
	some b in many
	a * b == -1
}

hostile("sorting") := {"allow": true} if {
	every a in many {
		sorted := sort([b | some b in many])
		sorted[0] + a > 0
	}
}

hostile("powers-of-a-set") := {"allow": true} if {
	count({{a, b, c, d} | some a in few; some b in few; some c in few; some d in few}) > 0
}

hostile("texts") := {"allow": true} if {
	every a in many {
		every b in many {
			not contains(concat(",", [format_int(a, 10), format_int(b, 10)]), "x")
		}
	}
}

hostile("expressions") := {"allow": true} if {
	text := concat("", ["a" | some _ in many])
	every a in many {
		not regex.match(concat("", ["(a*)*b{", format_int(a % 100, 10), "}c"]), text)
	}
}

hostile("walking-wide") := {"allow": true} if {
	tree := {a: {b: few | some b in few} | some a in few}
	count([path | walk(tree, [path, _])]) == 0
}

hostile("hashing") := {"allow": true} if {
	text := concat("", ["abcdefgh" | some _ in many])
	every a in many {
		crypto.sha256(concat("", [text, format_int(a, 10)])) != ""
	}
}

hostile("json-back-and-forth") := {"allow": true} if {
	every a in many {
		json.unmarshal(json.marshal([a, many])) != null
	}
}

# One call that cannot be stopped once it has begun.

hostile("one-search") := {"allow": true} if {
	text := concat("", ["\u00e4" | some _ in many])
	count(regex.find_n(`(\pL{500})+\pN`, text, 1)) == 0
}

hostile("one-pattern") := {"allow": true} if {
	pattern := concat("", ["a{1000}" | some _ in numbers.range(1, 1000)])
	count(regex.find_n(pattern, "a", 1)) == 0
}

hostile("one-long-pattern") := {"allow": true} if {
	pattern := concat("", ["(?i)[a-z]" | some _ in numbers.range(1, 1700)])
	count(regex.split(pattern, "a")) == 1
}

hostile("one-template") := {"allow": true} if {
	text := concat("", ["\u00e4" | some _ in many])
	regex.template_match("a<\\pL{1000}>", text, "<", ">") == false
}

hostile("looking-to-the-end-again-and-again") := {"allow": true} if {
	text := concat("", ["aaaaaaaa" | some _ in many])
	regex.replace(text, "a|a.*b", "") == ""
}

# Growing without end.

hostile("doubling") := {"allow": true} if {
	a := concat("", ["0123456789abcdef" | some _ in few])
	b := concat("", [a | some _ in few])
	c := concat("", [b | some _ in few])
	d := concat("", [c | some _ in few])
	count(d) > 0
}

hostile("hoarding") := {"allow": true} if {
	b := concat("", ["0123456789abcdef" | some _ in many])
	c := [concat("", [b, format_int(n, 10)]) | some n in many]
	count(c) > 0
}

# Deeper than any stack.

hostile("deep-text") := {"allow": true} if {
	n := numbers.range(1, 30000)
	deep := json.unmarshal(concat("", array.concat(["[" | some _ in n], ["]" | some _ in n])))
	count([path | walk(deep, [path, _])]) > 0
}

# Answers that nobody should believe.

hostile("contradiction") := {"allow": true} if input.version == 1

hostile("contradiction") := {"allow": false, "reasons": [{"code": "no"}]} if input.version == 1

hostile("same-key-twice") := {key: value | some value in [1, 2]; key := "allow"}

hostile("true") := true

hostile("word") := {"allow": "true"}

hostile("number") := {"allow": 1}

hostile("list") := [{"allow": true}]

hostile("set") := {"allow"}

hostile("more-than-asked") := {"allow": true, "admin": true}

hostile("long-message") := {"allow": true, "message": concat("", ["0123456789abcdef" | some _ in many])}

hostile("huge-message") := {"allow": true, "message": concat("", [a | some _ in few])} if {
	a := concat("", ["0123456789abcdef" | some _ in many])
}

hostile("many-reasons") := {"allow": false, "reasons": [{"code": "no"} | some _ in many]}

hostile("many-obligations") := {"allow": true, "obligations": [{"type": "x", "n": n} | some n in many]}

hostile("deep-answer") := {"allow": true, "obligations": [{"type": "x", "deep": deep}]} if {
	n := numbers.range(1, 2000)
	deep := json.unmarshal(concat("", array.concat(["[" | some _ in n], ["]" | some _ in n])))
}

# Nothing at all: the default denies.

hostile("undefined") := {"allow": true} if 1 / 0 == 0
