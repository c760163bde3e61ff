package layers.platform.places_test

import data.regate.lib.fixtures as f

at(location) := json.patch(f.request([f.person(["all"])], "little"), [f.from(location)])

ip(more) := object.union({"ip": "192.0.2.7", "evidence": "trusted-proxy"}, more)

test_allowed_network if f.decide(at(ip({"network": "office"}))).allow

test_allowed_network_in_any_country if f.decide(at(ip({"network": "office", "country": "KP"}))).allow

test_allowed_country if f.decide(at(ip({"country": "DE"}))).allow

test_country_decides_for_other_networks if {
	f.decide(at(ip({"network": "home", "country": "DE"}))).allow
	f.denied(f.decide(at(ip({"network": "home", "country": "KP"}))), "location.not-allowed")
}

test_other_country if f.denied(f.decide(at(ip({"country": "KP"}))), "location.not-allowed")

test_denied_network_in_an_allowed_country if f.denied(f.decide(at(ip({"network": "guests", "country": "DE"}))), "location.not-allowed")

test_neither_network_nor_country if f.denied(f.decide(at(ip({}))), "location.not-allowed")

test_no_location if {
	f.denied(f.decide(json.patch(at({}), [{"op": "remove", "path": "/context/location"}])), "location.not-allowed")
}

lenient := {"places": {"networks": {"guests": "deny"}, "countries": {"DE": "allow"}, "unknown": "allow"}}

test_unknown_place_where_the_data_allows_it if {
	f.decide_with(at(ip({})), lenient).allow
	f.decide_with(json.patch(at({}), [{"op": "remove", "path": "/context/location"}]), lenient).allow
}

test_known_places_are_judged_even_then if {
	f.denied(f.decide_with(at(ip({"country": "KP"})), lenient), "location.not-allowed")
	f.denied(f.decide_with(at(ip({"network": "guests"})), lenient), "location.not-allowed")
}
