from espi.resources import function_blocks
from espi.resources.function_blocks import BLOCKS, FB_01, FB_41, FB_44


def test_documents_write_a_block_with_two_digits() -> None:
    assert FB_01.code == "FB_01"
    assert FB_44.code == "FB_44"


def test_each_block_is_found_by_its_number_under_its_own_constant() -> None:
    for number, block in BLOCKS.items():
        assert block.number == number
        assert getattr(function_blocks, block.code) is block


def test_the_blocks_that_once_changed_places_have_todays_meaning() -> None:
    assert FB_41.name == "Manage ApplicationInformation"
    assert FB_44.name == "Manage Authorization"


def test_what_a_custodian_must_offer() -> None:
    assert {number for number, block in BLOCKS.items() if block.need == "M"} == {1, 4, 51}
    assert {block.need for block in BLOCKS.values()} == {"M", "C", "D", "o", "L"}
