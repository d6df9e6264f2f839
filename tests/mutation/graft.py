"""Puts a mutant into a running interpreter in the place of the module that it was made from."""

import ast
import importlib
import inspect
import sys
from types import FunctionType, ModuleType
from typing import Any

from tests.mutation.mutants import Mutant


class NotImportableError(Exception):
    """The mutated module cannot even be imported: no test is needed to see it."""


def imported(mutant: Mutant) -> ModuleType:
    """Return the mutant as a module that nobody has imported; raise NotImportableError when it cannot be."""
    return made_again(importlib.import_module(mutant.dotted), mutant.tree, str(mutant))


def made_again(module: ModuleType, tree: ast.Module, told: str) -> ModuleType:
    """Return another module of the same name from a tree; raise NotImportableError, which says ``told``, when that fails."""
    fresh = ModuleType(module.__name__)
    fresh.__file__ = module.__file__
    try:
        exec(compile(tree, str(module.__file__), "exec"), fresh.__dict__)  # noqa: S102
    except Exception as error:
        raise NotImportableError(told) from error
    return fresh


def graft(mutant: Mutant) -> None:
    """Change the imported module into the mutant, for everybody who has imported its names already.

    Functions and methods get the mutant's code and defaults; a changed constant is replaced wherever it was imported.
    """
    exchange(sys.modules[mutant.dotted], imported(mutant), mutant.owner.partition(".")[0])


def exchange(module: ModuleType, fresh: ModuleType, name: str) -> None:
    """Let what a module holds under a name be as the fresh module has it, for everybody who has imported it already."""
    old, new = getattr(module, name), getattr(fresh, name)
    if isinstance(old, FunctionType | type):
        _rewrite(old, new)
    else:
        _replace(name, old, new)


def _rewrite(old: Any, new: Any) -> None:
    """Give a function, or every method of a class, the code of another."""
    if isinstance(old, type):
        for name, member in vars(old).items():
            if name in vars(new):
                _rewrite(member, vars(new)[name])
    elif isinstance(old, property):
        _rewrite(old.fget, new.fget)
    elif isinstance(old, classmethod | staticmethod):
        _rewrite(old.__func__, new.__func__)
    elif isinstance(old, FunctionType):
        # What a decorator wraps is changed; the wrapper, which callers hold, calls it.
        inner, changed = inspect.unwrap(old), inspect.unwrap(new)
        inner.__code__, inner.__defaults__, inner.__kwdefaults__ = (
            changed.__code__,
            changed.__defaults__,
            changed.__kwdefaults__,
        )


def _replace(name: str, old: object, new: object) -> None:
    # By the name that it was imported by: what other packages put among the modules may not like to be asked for its own.
    for imported, module in list(sys.modules.items()):
        if imported.startswith(("medicore.", "flows.", "tests.")) and vars(module).get(name) is old:
            setattr(module, name, new)
