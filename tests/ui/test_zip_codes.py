from collections import Counter

import pytest
import zipcodes

from ui.zip_codes import POINTS, TOWN_NAMES, WITHOUT_HOMES, has_homes, names_another_town, place_of

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


def test_connecticut_has_169_towns():
    assert len(TOWN_NAMES) == 169
    assert not TOWN_NAMES & {"mystic", "devon", "storrs", "winsted", "niantic"}


@pytest.mark.parametrize(
    ("city", "code"),
    [("Hartford", "06510"), ("Milford", "06510"), ("  west  HAVEN ", "06510"), ("New Haven", "06103"),
     ("Stamford", "06830"), ("Greenwich", "06902"), ("Windsor Locks", "06095"), ("North Haven", "06511")],
)  # fmt: skip
def test_names_another_town_for_the_zip_code_of_a_different_town(city, code):
    assert names_another_town(city, code)


@pytest.mark.parametrize(
    ("city", "code"),
    [("New Haven", "06510"), ("new haven", "06510"), ("Hamden", "06511"), ("New Haven", "06525"),
     ("Mystic", "06340"), ("Devon", "06460"), ("Storrs", "06268"), ("Mansfield", "06268"), ("Stonington", "06355"),
     ("Groton", "06355"), ("Vernon", "06066"), ("North Canaan", "06018"), ("Hartford", "06107"),
     ("Typed Town", "06510"), ("", "06510"), ("Hartford", ""), ("Hartford", "99998"), ("Greenwich", "10001")],
)  # fmt: skip
def test_names_another_town_is_false_for_fitting_towns_villages_and_unknown_codes(city, code):
    assert not names_another_town(city, code)


def test_names_another_town_is_false_for_each_place_of_a_code():
    for place in zipcodes.filter_by(state="CT"):
        for city in [place["city"], *place["acceptable_cities"], *place["unacceptable_cities"]]:
            assert not names_another_town(city, place["zip_code"]), (city, place["zip_code"])
