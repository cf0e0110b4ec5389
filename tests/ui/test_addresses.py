import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.addresses import door_of, names_po_box

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("street", "unit"),
    [
        ("PO Box 12", ""), ("P.O. Box 12", ""), ("P O Box 12", ""), ("POBox 12", ""), ("p.o.box12", ""),
        ("PO-Box 12", ""), ("P-O Box 3", ""), ("P/O Box 3", ""), ("P0 Box 12", ""), ("PO Box A", ""),
        ("PO Box twelve", ""), ("PO Box", "12"), ("PO Bx 12", ""), ("PO Drawer 12", ""), ("P.O. Drawer K", ""),
        ("PO Lock Box 12", ""), ("POB 12", ""), ("P.O.B. 12", ""), ("PO B 12", ""), ("PO #12", ""), ("PO 12", ""),
        ("P.O. # A12", ""), ("Post Office Box 12", ""), ("Post Office Drawer 12", ""), ("Post Box 12", ""),
        ("Postal Box 12", ""), ("Post Ofc Box 12", ""), ("Box 12", ""), ("Box #12", ""), ("Box No. 12", ""),
        ("Drawer 12", ""), ("Caller Box 12", ""), ("Caller Service 12", ""), ("Lock Box 12", ""),
        ("Lockbox 12", ""), ("PMB 123", ""), ("P.M.B. 123", ""), ("Private Mailbox 12", ""),
        ("Apdo Postal 12", ""), ("Apdo. 12", ""), ("Apartado Postal 12", ""), ("Apartado 12", ""),
        ("Apartado de Correos 12", ""), ("Casilla postal 12", ""), ("General Delivery", ""),
        ("Lista de Correos", ""), ("40 Orange Street", "PMB 123"),
        ("40 Orange Street", "PMB-123"), ("Lock Box: 12", ""), ("Box-12", ""), ("40 Orange Street PMB #123", ""),
        ("40 Orange Street", "PO Box 12"), ("40 Orange Street", "Box 12"), ("40 Orange Street", "Drawer 3"),
        ("40 Orange Street, PO Box 12", ""), ("PO Box 12, 40 Orange Street", ""), ("PO BOX 12 ELM ST", ""),
    ],
)  # fmt: skip
def test_a_post_office_box_is_seen(street, unit):
    assert names_po_box(street, unit)


@pytest.mark.parametrize(
    ("street", "unit"),
    [
        ("7 Post Office Box Ln", ""), ("7 Post Office Box Lane", "Apt 2"), ("7 Post Office Road", ""),
        ("7 Post Office Box Hill Road", ""), ("12 Box Hill Rd", ""), ("88 Box Mountain Drive", ""),
        ("5 Boxwood Lane", ""), ("40 Drawer Ln", ""), ("40 Drawer Street", "2"), ("3 PO Box Lane", ""),
        ("3 Caller Box Road", ""), ("9 Lock Street", ""), ("9 Lock Box Street", ""), ("12 Postal Road", ""),
        ("12 Post Road", ""), ("1200 Boston Post Road", "Box Office 2"), ("12 Po Street", ""), ("2 Pobox Lane", ""),
        ("40 Orange Street", "Apt 12"), ("40 Orange Street", "Apto 12"), ("40 Orange Street", "PB 12"),
        ("12 Apartado Lane", ""), ("4 General Road", ""), ("12 Boxer Drive", ""), ("10 Poplar Street", ""),
        ("RR 2 Box 12", ""), ("HC 1 Box 3", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_street_whose_name_contains_box_or_drawer_is_a_home(street, unit):
    assert not names_po_box(street, unit)


DOORS = [
    [("40 Orange Street", ""), ("40 Orange St", ""), ("40 ORANGE ST.", ""), ("40  orange  street,", "")],
    [
        ("40 Orange Street", "Apt 2"), ("40 Orange St", "#2"), ("40 Orange St", "# 2"), ("40 Orange St", "2"),
        ("40 Orange St", "Apt. 2"), ("40 Orange St", "Apartment 2"), ("40 Orange St", "Unit 2"),
        ("40 Orange St", "Apto. 2"), ("40 Orange St", "No. 2"),
        ("40 Orange St", "Apt2"), ("40 Orange St Unit2", ""), ("40 Orange St", "Apt #02"),
        ("40 Orange Street Apt 2", ""), ("40 Orange St., #2", ""), ("40 Orange Street, 2", ""),
    ],
    [("40 Orange St", "2B"), ("40 Orange St", "Apt 2 B"), ("40 Orange St", "2-B"), ("40 Orange St #2b", "")],
    [("40 Orange St", "B2"), ("40 Orange St", "Apt B-2")],
    [
        ("40 Orange St", "2nd Floor"), ("40 Orange St", "Fl 2"), ("40 Orange St", "second fl."),
        ("40 Orange St", "2 Flr"), ("40 Orange St, 2nd fl", ""),
    ],
    [("40 Orange St", "2nd Fl Front"), ("40 Orange Street, Floor 2, Front", "")],
    [("12 North Main Street", ""), ("12 N. Main St", "")],
    [("12 Saint John Avenue", ""), ("12 St. John Ave", "")],
    [("9 O’Brien Court", ""), ("9 OBrien Ct", ""), ("9 O'Brien Ct.", "")],
    [("3 Fifth Avenue", ""), ("3 5th Ave", "")],
    [("14 Peña Road", ""), ("14 Pena Rd", "")],
    [("41 Orange Street", "")], [("40 Orange Avenue", "")], [("40 Orange Street", "3")], [("40 Orange St 23", "")],
    [("12 South Main Street", "")], [("12 Main Street", "")], [("40 Orange Court", "")],
]  # fmt: skip


@pytest.mark.parametrize("spellings", DOORS)
def test_door_of_is_one_for_all_spellings(spellings):
    assert len({door_of(street, unit) for street, unit in spellings}) == 1


def test_door_of_tells_doors_apart():
    assert len({door_of(*spellings[0]) for spellings in DOORS}) == len(DOORS)


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_read(street, unit):
    assert isinstance(door_of(street, unit), str)
    assert names_po_box(street, unit) in (True, False)
