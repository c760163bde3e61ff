package layers.platform_test

import data.layers.platform
import data.regate.lib.fixtures as f

keyed(limits) := object.union(f.request([f.service(["all"])], "large"), {"identity": {"chain": [
	f.service(["all"]),
	object.union(f.token([]), {"method": "virtual-key", "limits": limits}),
]}})

key_codes(asked) := {reason.code | some reason in denied; startswith(reason.code, "key.")} if {
	denied := platform.deny with input as asked with data.models as f.documents.models
}

test_a_key_without_limits if key_codes(keyed({})) == set()

test_a_token_has_none if key_codes(f.request([f.service(["all"])], "large")) == set()

test_models_of_a_key if {
	key_codes(keyed({"models": ["large"]})) == set()
	key_codes(keyed({"models": ["little"]})) == {"key.model-not-granted"}
	key_codes(keyed({"models": []})) == {"key.model-not-granted"}
}

test_a_listing_names_no_model if {
	asked := object.union(f.listing([f.service(["all"])]), {"identity": {"chain": keyed({"models": ["little"]}).identity.chain}})
	key_codes(asked) == set()
}

test_places_of_a_key if {
	key_codes(keyed({"cidrs": ["192.0.2.0/24", "10.0.0.0/8"]})) == set()
	key_codes(keyed({"cidrs": ["192.0.2.0/24"]})) == {"key.place-not-granted"}
}

test_an_unknown_place_is_no_place_of_a_key if {
	asked := keyed({"cidrs": ["0.0.0.0/0"]})
	key_codes(json.remove(asked, ["/context/location"])) == {"key.place-not-granted"}
}
