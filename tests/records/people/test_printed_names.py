"""Printed names that a reader takes for one another are told, and others are not."""

from dataclasses import replace

import pytest

from medicore.records.people.people import Person, Role
from medicore.records.people.printed_names import LOOK_ALIKES, alike, mixed_words, name_warnings, skeleton

ANA = Person("ana", "Ana Analyst", Role.ANALYST, "f" * 64, "", "", "")


@pytest.mark.parametrize(
    "other",
    [
        "Ana Analyst",
        "ANA  ANALYST",
        "AnaAnalyst",
        "Ana\u00a0Analyst",
        "Аna Analyst",  # a Cyrillic A
        "Ana Anаlyѕt",  # a Cyrillic a and s
        "Αna Analyst",  # a Greek Alpha
        "Ａｎａ Analyst",  # wide letters
    ],
)
def test_names_that_look_alike(other: str) -> None:
    """Case, blanks, compatible forms and look-alike letters make no other name."""
    assert alike("Ana Analyst", other)


@pytest.mark.parametrize("other", ["Anna Analyst", "Ana Analyse", "Анна Аналист", "Ana B Analyst"])
def test_names_that_differ(other: str) -> None:
    """A letter more, another letter or another alphabet throughout makes another name."""
    assert not alike("Ana Analyst", other)


@pytest.mark.parametrize(
    ("one", "other"), [("Ida Ilic", "lda llic"), ("Olga", "0lga"), ("Gene", "Ԍene"), ("Roy", "Rσγ")]
)
def test_strokes_and_rare_letters_look_alike(one: str, other: str) -> None:
    """Capital I, small l and 1, O and 0, and the rarer look-alikes of UTS #39 are taken for one another."""
    assert alike(one, other)
    assert alike(other, one)


def test_accents_have_one_form() -> None:
    """An accent is the same whether it is a character of its own or part of the letter, and makes another name."""
    assert alike("Zoë", "Zoe\u0308")
    assert not alike("Zoë", "Zoe")


def test_every_look_alike_is_of_another_script() -> None:
    """The table maps letters of Cyrillic and Greek to one Latin letter each, and skeletons are stable under it."""
    for letter, latin in LOOK_ALIKES.items():
        assert letter not in latin
        assert latin.isascii()
        assert skeleton(letter) == latin.casefold()
        assert mixed_words(f"a{letter}") == (f"a{letter}",)


def test_mixed_scripts_in_one_word() -> None:
    """A word of two scripts is named; two words of a script each are not."""
    assert mixed_words("Rоsa Reviewer") == ("Rоsa",)
    assert mixed_words("Анна Reviewer-1") == ()


def test_warnings_name_the_other_person() -> None:
    """The same name and a similar one are told apart in words; a person is not warned of their own name."""
    people = {
        "ana": ANA,
        "rosa": replace(ANA, identifier="rosa"),
        "eve": replace(ANA, identifier="eve", name="Аna Analyst"),
        "rita": replace(ANA, identifier="rita", name="Rita Reviewer"),
    }
    assert [*name_warnings(people, "rita")] == []
    found = [*name_warnings(people, "ana")]
    assert found == [
        "the printed name 'Ana Analyst' is also that of rosa; tell them apart by their identifiers",
        "the printed name 'Ana Analyst' looks like that of eve; tell them apart by their identifiers",
    ]
    assert [*name_warnings(people, "eve")][-1].startswith("the word 'Аna' of the printed name mixes scripts")
