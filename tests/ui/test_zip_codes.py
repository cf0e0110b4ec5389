from collections import Counter

import pytest
import zipcodes

from ui.zip_codes import POINTS, WITHOUT_HOMES, has_homes, place_of

pytestmark = pytest.mark.once


def test_place_of_says_state_and_kind():
    place = place_of("06510")
    assert (place["state"], place["zip_code_type"], place["city"]) == ("CT", "STANDARD", "New Haven")
    assert place_of("06390")["state"] == "NY"


def test_place_of_is_none_for_an_unknown_zip_code():
    assert [place_of(text) for text in ("", "0651", "065100", " 06510", "06510-1", "٠٦٥١٠", "abcde", "99998")] == [
        None
    ] * 8


@pytest.mark.parametrize("code", ["06510", "06512", "06525", "06243", "06063"])
def test_has_homes_where_mail_is_carried_to_doors(code):
    assert has_homes(code)


@pytest.mark.parametrize(
    "code",
    [
        "06504",  # PO boxes
        "06156",  # one organization
        "06269",  # a university
        "06832",  # retired
        "",
        *sorted(WITHOUT_HOMES),
    ],
)
def test_has_homes_is_false_for_boxes_organizations_and_retired_codes(code):
    assert not has_homes(code)


def test_each_code_with_homes_in_connecticut_has_a_point_of_its_own():
    codes = [place["zip_code"] for place in zipcodes.filter_by(state="CT") if has_homes(place["zip_code"])]
    points = Counter((place_of(code)["lat"], place_of(code)["long"]) for code in codes)
    assert len(codes) == 265
    assert [point for point, times in points.items() if times > 1] == []


@pytest.mark.parametrize("code", sorted(WITHOUT_HOMES))
def test_a_code_without_homes_is_still_listed_wrongly(code):
    assert zipcodes.matching(code)[0]["zip_code_type"] == "STANDARD"


@pytest.mark.parametrize("code", POINTS)
def test_a_corrected_point_is_still_listed_wrongly(code):
    listed, corrected = zipcodes.matching(code)[0], place_of(code)
    assert (
        abs(float(listed["lat"]) - float(corrected["lat"])) + abs(float(listed["long"]) - float(corrected["long"]))
        > 0.03
    )
