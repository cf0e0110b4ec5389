from ui.zip_codes import place_of


def test_place_of_says_state_and_kind():
    place = place_of("06510")
    assert (place["city"], place["state"], place["zip_code_type"]) == ("New Haven", "CT", "STANDARD")
    assert place_of("06390")["state"] == "NY"


def test_place_of_is_none_for_an_unknown_zip_code():
    assert [place_of(text) for text in ("", "0651", "065100", " 06510", "06510-1", "٠٦٥١٠", "abcde", "99998")] == [
        None
    ] * 8
