"""With a guard broken, the test of the attack that it finds fails: no test of an attack passes for another reason."""

from collections.abc import Iterator

import pytest

from tests.guards.breaking import Attack, Scratch, attacks, scratch


@pytest.fixture(scope="module")
def copy() -> Iterator[Scratch]:
    """A copy of the project for all trials."""
    with scratch() as made:
        yield made


@pytest.mark.deep
def test_with_every_guard_in_place_the_tests_pass(copy: Scratch) -> None:
    """Each test of an attack is sound and passes in the copy before anything is broken there."""
    tests = dict.fromkeys(attack.test for attack in attacks())
    ended = copy.run(*tests)
    assert (ended.failed, ended.errors) == (0, 0), ended.printed
    assert ended.passed + ended.skipped >= len(tests), ended.printed


@pytest.mark.deep
@pytest.mark.parametrize("attack", attacks(), ids=lambda attack: f"{attack.subject}: {attack.what}")
def test_without_its_guard_an_attack_is_not_found(copy: Scratch, attack: Attack) -> None:
    """The test of the attack fails in its own lines once the guard is broken."""
    with copy.broken(attack):
        ended = copy.run(attack.test)
    if ended.left_out:
        pytest.skip(
            f"{attack.test} is skipped on this machine; it says what is missing: {ended.printed[-300:]}"
        )
    assert ended.failed > 0, f"{attack.test} passes without {attack.guards[0]}"
    assert ended.errors == 0, ended.printed
