"""Install codes: check bytes and link keys against the published vectors, and what is refused."""

from __future__ import annotations

import pytest

from espi.han import install_code
from espi.han.install_code import BadInstallCode

VECTORS = [
    ("83FED3407A93", "2B70", "CD4FA064773F46941EC986C09963D1A8"),
    ("83FED3407A939738", "C552", "A833A77434F3BFBD7A7AB97942149287"),
    ("83FED3407A939723A5C639FF", "4C12", "58C1828CF7F1C3FE29E7B1024AD84BFA"),
    ("83FED3407A939723A5C639B26916D505", "C3B5", "66B6900981E1EE3CA4206B6B861C02BB"),
    ("1122334455667788", "4AF7", "41618FC0C83B0E14A589954B16E31466"),
]


def test_the_check_value_of_the_crc() -> None:
    assert install_code.crc16(b"123456789") == 0x906E


@pytest.mark.parametrize(("code", "check", "key"), VECTORS)
def test_the_published_link_keys(code: str, check: str, key: str) -> None:
    whole = install_code.parse(code + check)
    assert whole == install_code.with_check(bytes.fromhex(code))
    assert install_code.link_key(whole) == bytes.fromhex(key)


def test_a_code_is_read_as_it_is_printed() -> None:
    plain = install_code.parse("83FED3407A939723A5C639B26916D505C3B5")
    assert install_code.parse("83fe d340 7a93 9723  a5c6 39b2 6916 d505 c3b5") == plain
    assert install_code.parse("83FE-D340-7A93-9723-A5C6-39B2-6916-D505-C3B5") == plain
    assert install_code.parse("83:FE:D3:40:7A:93:97:23:A5:C6:39:B2:69:16:D5:05:C3:B5") == plain


@pytest.mark.parametrize("code", [vector[0] + vector[1] for vector in VECTORS])
def test_any_wrong_digit_is_found(code: str) -> None:
    for place in range(len(code)):
        digit = f"{int(code[place], 16) ^ 5:X}"
        with pytest.raises(BadInstallCode, match="A digit of the install code is wrong"):
            install_code.parse(code[:place] + digit + code[place + 1 :])


@pytest.mark.parametrize("text", ["", "83FED3407A93", "zz" * 8, "83FED3407A932B7", "é" * 16, "00" * 17])
def test_what_is_no_code_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadInstallCode) as refused:
        install_code.parse(text)
    assert not text or text not in str(refused.value)
