package layers.platform.attempts_test

import data.regate.lib.fixtures as f

retry(roles, candidate) := object.union(f.request([f.person(roles)], "large"), f.attempt(candidate))

test_first_attempt_proposes_the_fallbacks_of_the_model if {
	f.decide(f.request([f.person(["all"])], "large")).fallbacks == [{"backend": "two"}, {"backend": "one", "model": "little"}]
}

test_same_model_elsewhere if {
	answer := f.decide(retry(["all"], f.at("two", "large")))
	answer.allow
	answer.route == f.at("two", "large")
}

test_foreseen_fallback if {
	answer := f.decide(retry(["all"], f.at("one", "little")))
	answer.allow
	answer.route == f.at("one", "little")
}

test_the_candidate_is_what_is_judged if {
	f.denied(f.decide(retry(["careful"], f.at("two", "large"))), "device.unmanaged")
	f.decide(retry(["careful"], f.at("one", "little"))).allow
}

test_model_that_nobody_foresaw if {
	f.denied(f.decide(retry(["all"], f.at("two", "little"))), "route.not-permitted")
	f.denied(f.decide(retry(["all"], f.at("one", "vector"))), "route.not-permitted")
}

test_a_downgraded_request_stays_downgraded if {
	answer := f.decide(retry(["less"], f.at("two", "little")))
	answer.allow
	answer.route == f.at("two", "little")
	"model.not-granted" in f.codes(f.decide(retry(["less"], f.at("two", "large"))))
}

test_backend_that_is_not_in_the_catalogue if f.denied(f.decide(retry(["all"], f.at("four", "large"))), "route.not-permitted")

test_backend_that_does_not_serve_the_model if {
	asked := object.union(f.request([f.person(["all"])], "vector"), f.attempt(f.at("two", "vector")))
	f.denied(f.decide(asked), "route.not-permitted")
}

test_backend_of_another_dialect if {
	asked := object.union(f.request([f.person(["all"])], "other-large"), f.attempt(f.at("three", "other-large")))
	f.decide(asked).allow
	f.denied(f.decide(object.union(asked, {"request": {"protocol": "openai"}})), "route.not-permitted")
}

test_credential_of_another_backend if {
	f.denied(f.decide(retry(["all"], {"backend": "two", "model": "large", "credential": "one-key"})), "route.not-permitted")
}

test_further_attempt_without_a_candidate if {
	asked := object.union(f.request([f.person(["all"])], "large"), {"attempt": {"number": 2}})
	f.denied(f.decide(asked), "route.not-permitted")
}

# The gateway sends none. If it did, it would be judged like any other.
first(candidate) := f.decide(object.union(retry(["all"], candidate), {"attempt": {"number": 1}}))

test_candidate_of_a_first_attempt if {
	first(f.at("two", "large")).route == f.at("two", "large")
	f.denied(first(f.at("four", "large")), "route.not-permitted")
	f.denied(first(f.at("four", "little")), "route.not-permitted")
}

test_replacement_that_nobody_serves if {
	f.denied(f.decide(f.request([f.person(["less"])], "lost")), "route.not-permitted")
}
