"""What counts as a mutant, and that a grafted one is what runs."""

import ast
import contextlib
import functools
import inspect
import os
import sys
import traceback
from collections.abc import Callable

import pytest

from medicore.stats.effect import unadjusted
from medicore.stats.robustness import evalue
from tests.mutation.graft import NotImportableError, graft, imported
from tests.mutation.mutants import MODULES, Mutant, mutants
from tests.mutation.page import PAGE, Explanation, Judgement, explanations, scored, text, untried, waiting


def changes(source: str) -> set[str]:
    """Return the texts that one expression or statement is changed into."""
    return {mutant.after for mutant in mutants("weights", source)}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", {"a - b"}),
        ("a / b ** c", {"a * b ** c", "a / (b * c)"}),
        ("-a", {"a"}),
        ("a < b", {"a <= b", "a >= b"}),
        ("a == b", {"a != b"}),
        ("a <= b < c", {"a < b < c", "a > b < c", "a <= b <= c", "a <= b >= c"}),
        ("a and not b", {"a or not b", "a and b"}),
        ("x[:, 0]", {"x[:, 1]", "x[:, -1]"}),
        ("a if b else c", {"a if not b else c"}),
        ("x.T @ y", {"x @ y"}),
        ("np.sqrt(a)", {"a"}),
        ("x.sum(axis=1)", {"x.mean(axis=1)", "x.sum(axis=2)", "x.sum(axis=0)"}),
        ("True", {"False"}),
        ("f'{a + b}'", set()),
        ("Literal['a', 1]", set()),
    ],
)
def test_what_an_expression_is_changed_into(expression: str, expected: set[str]) -> None:
    """Operators, comparisons, constants, signs and functions, one at a time; never text or types."""
    assert changes(f"VALUE = {expression}") == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x[a] = b", {"pass"}),
        ("a += b", {"pass", "a -= b"}),
        ("f(a)", {"pass"}),
        ("raise Wrong(a + b)", {"pass"}),
        ("if a:\n    b = c", {"if not a"}),
        ("while a > b:\n    break", {"a >= b", "a <= b", "pass"}),
        ('"""A docstring with 1 + 1."""', set()),
        ("import numpy", set()),
        ("a: tuple[1, 2] = b", set()),
    ],
)
def test_what_a_statement_is_changed_into(statement: str, expected: set[str]) -> None:
    """Guards and updates are left out, and conditions turned round."""
    assert changes(statement) == expected


def test_every_mutant_of_a_module_differs_from_it_in_one_place() -> None:
    """The module's own text is not among its mutants, and the tree they are made from is not changed by them."""
    source = MODULES["weights"].read_text("utf-8")
    plain = ast.unparse(ast.parse(source)).splitlines()
    for mutant in mutants("weights", source):
        lines = ast.unparse(mutant.tree).splitlines()
        assert len(lines) == len(plain), mutant
        assert sum(a != b for a, b in zip(lines, plain, strict=True)) == 1, mutant


def mutant_of(owner: str, before: str, after: str) -> Mutant:
    """Return one mutant of the E-values."""
    found = mutants("evalue", MODULES["evalue"].read_text("utf-8"))
    return next(mutant for mutant in found if mutant.key == (owner, before, after))


def in_a_child(work: Callable[[], bool]) -> bool:
    """Return what the work answers in a process of its own, so that this one keeps the true module."""
    process = os.fork()
    if not process:
        right = False
        try:
            right = work()
        except Exception:  # noqa: BLE001 - a child says why before it ends
            traceback.print_exc()
        finally:
            os._exit(not right)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0


def test_a_grafted_function_is_what_its_callers_run() -> None:
    """A function imported before runs the mutant's code: RR·RR + 1 under the root where RR(RR − 1) was."""
    mutant = mutant_of(
        "_of", "float(above + np.sqrt(above * (above - 1)))", "float(above + np.sqrt(above * (above + 1)))"
    )
    function = evalue.e_value_of_risk_ratio

    def changed() -> bool:
        graft(mutant)
        return abs(function(2, 2, 2).point - (2 + 6**0.5)) < 1e-12

    assert in_a_child(changed)
    assert function(2, 2, 2).point == pytest.approx(2 + 2**0.5, rel=1e-12)


def test_a_function_behind_a_decorator_is_changed() -> None:
    """The wrapper that callers hold calls the mutant's code."""
    text = MODULES["unadjusted"].read_text("utf-8")
    mutant = next(
        one for one in mutants("unadjusted", text) if one.owner == "unadjusted_means" and "mean" in one.after
    )

    def changed() -> bool:
        before = inspect.unwrap(unadjusted.unadjusted_means).__code__.co_code
        graft(mutant)
        return inspect.unwrap(unadjusted.unadjusted_means).__code__.co_code != before

    assert in_a_child(changed)


def test_a_grafted_constant_is_changed_wherever_it_was_imported() -> None:
    """Another module's copy of the constant changes with it."""
    here = sys.modules[__name__]

    def changed() -> bool:
        vars(here)["STANDARDISED_DIFFERENCE_SLOPE"] = evalue.STANDARDISED_DIFFERENCE_SLOPE
        graft(mutant_of("STANDARDISED_DIFFERENCE_SLOPE", "0.91", "1.9100000000000001"))
        slopes = evalue.STANDARDISED_DIFFERENCE_SLOPE, vars(here)["STANDARDISED_DIFFERENCE_SLOPE"]
        return slopes == (0.91 + 1, 0.91 + 1)

    assert in_a_child(changed)


def test_a_module_that_cannot_be_imported_is_no_mutant() -> None:
    """What every import would show is not counted as killed by a test."""
    broken = next(iter(mutants("evalue", "VALUE = 1 + absent")))
    with pytest.raises(NotImportableError):
        graft(broken)


def test_survivors_are_explained_or_counted() -> None:
    """A survivor is an error unless explained, and an explanation of a killed mutant is one, too."""
    entry = explanations()[0]
    found = list(mutants(entry.module, MODULES[entry.module].read_text("utf-8")))
    number = next(number for number, mutant in enumerate(found) if entry.explains(mutant))
    killed = dict.fromkeys(range(len(found)), "killed")
    judged = Judgement.of(found, killed)  # type: ignore[arg-type]
    assert judged.counts[entry.module] == (len(found), 0, 0)
    assert entry in judged.stale
    assert judged.status == 1
    explained = Judgement.of(found, {**killed, number: "survived"})  # type: ignore[dict-item]
    assert explained.counts[entry.module] == (len(found) - 1, 1, 0)
    assert entry not in explained.stale
    assert entry.reason in text(explained)


@functools.cache
def made(module: str) -> tuple[Mutant, ...]:
    """Return every mutant of a module as it is now."""
    return tuple(mutants(module, MODULES[module].read_text("utf-8")))


def test_every_explanation_is_of_a_mutant_that_exists() -> None:
    """The register names owners and texts as they are in the modules now."""

    def exists(entry: Explanation) -> bool:
        return any(entry.explains(mutant) for mutant in made(entry.module))

    assert [entry for entry in explanations() if not exists(entry)] == []


def test_the_page_is_of_the_modules_as_they_are() -> None:
    """Whoever changes the statistics tries their mutants again: the page counts those that there are now."""

    def importable(mutant: Mutant) -> bool:
        if "." in mutant.owner or mutant.owner.islower():
            return True  # the body of a function or method, which no import runs
        with contextlib.suppress(NotImportableError):
            return bool(imported(mutant))
        return False

    counts = {name: sum(map(importable, made(name))) for name in MODULES}
    assert scored(PAGE.read_text("utf-8")) == {name: count for name, count in counts.items() if count}


def test_the_page_says_which_modules_wait_to_be_tried() -> None:
    """Those of the register have no score, all others have one, and the total counts what was tried."""
    page = PAGE.read_text("utf-8")
    assert sorted(waiting(page)) == sorted(untried())
    tried = {name: count for name, count in scored(page).items() if name not in untried()}
    assert f"| **all** | {sum(tried.values()):,} |" in page
