import asyncio

import pytest

from models.errors import PasswordTooWeak
from models.passwords import Passwords, require_strong


@pytest.mark.parametrize("password", ["Aa3456", "Aa3456789012345678", "密码Aa1 x", "Pass word 1!"])
def test_a08_digit_upper_and_lower_within_6_to_18_is_enough(password: str) -> None:
    require_strong(password)


@pytest.mark.parametrize(
    "password",
    ["", "Aa345", "Aa34567890123456789", "aaaaaa1", "AAAAAA1", "AAAaaa", "123456", "Aa1\x00bcd", "Aa１bcd\n"],
)
def test_a08_anything_less_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        require_strong(password)


async def test_a_hash_is_argon2id_at_the_stated_cost_and_salted() -> None:
    passwords = Passwords()
    first, second = await passwords.hash("Sample123"), await passwords.hash("Sample123")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert await passwords.verify("Sample123", first)
    assert not await passwords.verify("Sample124", first)


async def test_no_password_fits_an_account_that_does_not_exist() -> None:
    passwords = Passwords()
    assert not await passwords.verify("of no account", None)


async def test_at_most_two_hashes_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords()
    running, most = 0, 0
    hash_one = passwords.hashes.hash

    def counted(password: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        result: str = hash_one(password)
        running -= 1
        return result

    monkeypatch.setattr(passwords.hashes, "hash", counted)
    await asyncio.gather(*(passwords.hash("Sample123") for _ in range(12)))
    assert most == 2
