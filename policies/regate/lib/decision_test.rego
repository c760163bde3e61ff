package regate.lib.decision_test

import data.regate.lib.fixtures as f

test_it_is_defined_whatever_comes if {
	every asked in [{}, [], "nonsense", 7, null, false, {"version": 1}] {
		f.decide(asked).allow == false
		count(f.decide(asked).reasons) > 0
	}
}

test_without_input if {
	answer := data.gateway.decision.answer
	answer.allow == false
}

test_public_reasons_are_told if {
	f.both({"deny": [{"code": "red.no", "message": "No.", "remediation": "Stop.", "public": true}]}, {}).message == "No. Stop."
	f.both({"deny": [{"code": "red.no", "message": "No.", "public": true}]}, {}).message == "No."
}

test_other_reasons_are_not if {
	answer := f.both({"deny": [{"code": "red.no", "message": "Secret."}, {"code": "red.mute", "public": true}]}, {})
	object.get(answer, "message", "none") == "none"
}

# The gateway believes no longer message, and a denial must not become a failure.
test_the_message_is_bounded if {
	long := concat("", [letter | some _ in numbers.range(1, 1500); letter := "x"])
	count(f.both({"deny": [{"code": "red.no", "message": long, "public": true}]}, {}).message) == 1000
}

test_audit_class if {
	f.decide(f.request([f.person(["all"])], "large")).audit == {"class": "frontier", "capture": "metadata"}
	f.decide(f.listing([f.person(["all"])])).audit == {"class": "models", "capture": "metadata"}
}
