"""Install codes: their check bytes, and the link key that comes of one (ZigBee install codes; AES-MMO).

A code has 6, 8, 12 or 16 bytes and two check bytes, CRC-16/X-25, the low one first. The key is the AES-128
Matyas-Meyer-Oseas hash of all of them. Both are secrets: they are kept sealed, shown never again and logged never.
"""

from __future__ import annotations

import binascii

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from espi.errors import BadInput

LENGTHS = (6, 8, 12, 16)
CHECK_BYTES = 2
BLOCK = 16
_MOST_HASHED = (1 << 16) // 8 - 1


class BadInstallCode(BadInput):
    """What was entered is no install code. The message never repeats it."""

    code = "bad_install_code"
    public = "This is no install code. It is printed on the device or its box; type it once more."


def crc16(data: bytes) -> int:
    """CRC-16/X-25: polynomial 0x1021 reflected, begun with and at the end turned by 0xFFFF."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value ^ 0xFFFF


def mmo_hash(data: bytes) -> bytes:
    """The AES-128 MMO hash of fewer than 2^16 bits: H(i) = E(H(i-1), M(i)) xor M(i), from zero."""
    if len(data) > _MOST_HASHED:
        raise ValueError("this hash is for messages of fewer than 65536 bits")
    padded = data + b"\x80"
    padded += bytes(-(len(padded) + 2) % BLOCK) + (8 * len(data)).to_bytes(2, "big")
    found = bytes(BLOCK)
    for start in range(0, len(padded), BLOCK):
        block = padded[start : start + BLOCK]
        cipher = Cipher(algorithms.AES128(found), modes.ECB()).encryptor()  # noqa: S305 - the hash is built of it
        found = bytes(a ^ b for a, b in zip(cipher.update(block), block, strict=True))
    return found


def parse(text: str) -> bytes:
    """The bytes of a code as it is printed, check bytes included; blanks, dashes and colons do not count.

    Raises `BadInstallCode`, which says whether the length or the check bytes are wrong.
    """
    digits = "".join(text.split()).replace("-", "").replace(":", "")
    try:
        code = binascii.unhexlify(digits)
    except (binascii.Error, ValueError) as err:
        raise BadInstallCode("An install code has the digits 0 to 9 and the letters A to F only.") from err
    if len(code) - CHECK_BYTES not in LENGTHS:
        raise BadInstallCode(f"An install code has 16, 20, 28 or 36 digits and letters; this has {2 * len(code)}.")
    if crc16(code[:-CHECK_BYTES]).to_bytes(CHECK_BYTES, "little") != code[-CHECK_BYTES:]:
        raise BadInstallCode("A digit of the install code is wrong: its check digits do not fit. Type it once more.")
    return code


def with_check(code: bytes) -> bytes:
    """A code without its check bytes, and these."""
    return code + crc16(code).to_bytes(CHECK_BYTES, "little")


def link_key(code: bytes) -> bytes:
    """The pre-configured link key of a code with its check bytes."""
    return mmo_hash(code)
