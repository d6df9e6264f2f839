"""The mutants of a module: copies of its syntax tree that each differ in one place."""

import ast
import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATS = ROOT / "medicore" / "stats"
MODULES = {path.stem: path for path in sorted(STATS.rglob("*.py")) if path.stem != "__init__"}
"""The modules under mutation by their names, which no two share."""

Statement = ast.stmt
Function = ast.FunctionDef | ast.AsyncFunctionDef

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
TWINS = {
    "all": "any", "any": "all", "argmax": "argmin", "argmin": "argmax", "ceil": "floor", "cumsum": "cumprod",
    "exp": "expm1", "floor": "ceil", "log": "log1p", "log1p": "log", "max": "min", "maximum": "minimum",
    "mean": "sum", "min": "max", "minimum": "maximum", "ones": "zeros", "sum": "mean", "zeros": "ones",
}  # fmt: skip
"""Functions and methods, and those that they are easily confused with."""
READABLE = 90
"""Characters of an expression that is shown whole."""
DROPPED = {"abs", "expit", "exp", "log", "logit", "sqrt", "square"}
"""Functions of one argument that are left out altogether."""


@dataclass(frozen=True)
class Mutant:
    """A module with one change.

    ``owner`` is the function or constant that holds the change, ``lines`` the first and last line of its statement
    (of the head alone where it is compound), ``top`` the index of the top-level statement.
    """

    module: str
    owner: str
    lines: tuple[int, int]
    line: int
    top: int
    before: str
    after: str
    tree: ast.Module

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when lines move: the owner, and the text before and after."""
        return self.owner, self.before, self.after

    @property
    def file(self) -> str:
        """The module's file, as seen from the root of the checkout."""
        return MODULES[self.module].relative_to(ROOT).as_posix()

    @property
    def dotted(self) -> str:
        """The module's name as an import statement has it."""
        return self.file.removesuffix(".py").replace("/", ".")

    def __str__(self) -> str:
        """Return file, line and change."""
        return f"{self.file}:{self.line} in {self.owner}: {self.before}  ->  {self.after}"


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source text."""
    tree = ast.parse(source)
    for top, statement in enumerate(tree.body):
        for owner, holder, node in _places(statement, ""):
            for changed in _changes(node):
                yield _mutant(module, tree, top, owner, holder, node, changed)


def _mutant(
    module: str, tree: ast.Module, top: int, owner: str, holder: Statement, node: ast.AST, changed: ast.AST
) -> Mutant:
    shown = _shown(holder, node) if isinstance(node, ast.expr) else node
    ast.fix_missing_locations(ast.copy_location(changed, node))
    whole = _with(tree.body[top], node, changed)
    body = [*tree.body[:top], whole, *tree.body[top + 1 :]]
    first = min([holder.lineno, *(mark.lineno for mark in getattr(holder, "decorator_list", []))])
    inner = getattr(holder, "body", None)
    last = max(first, inner[0].lineno - 1) if inner else holder.end_lineno or first
    return Mutant(
        module=module,
        owner=owner,
        lines=(first, last),
        line=getattr(node, "lineno", first),
        top=top,
        before=_text(shown),
        after=_text(_with(shown, node, changed)),
        tree=ast.Module(body, []),
    )


def _places(statement: Statement, prefix: str) -> Iterator[tuple[str, Statement, ast.AST]]:
    """Yield the owner, the innermost statement, and each node that may be changed."""
    owner = (
        prefix + _name(statement) if not prefix or isinstance(statement, Function | ast.ClassDef) else prefix
    )
    yield owner.rstrip("."), statement, statement
    for child in _own(statement):
        if isinstance(child, ast.stmt):
            inside = f"{owner}." if isinstance(statement, ast.ClassDef) else owner
            yield from _places(child, inside)
        else:
            for node in _expressions(child):
                yield owner.rstrip("."), statement, node


def _name(statement: Statement) -> str:
    if isinstance(statement, Function | ast.ClassDef):
        return statement.name
    target = getattr(statement, "target", None) or next(iter(getattr(statement, "targets", [])), None)
    return ast.unparse(target) if target else ""


def _own(statement: Statement) -> Iterator[ast.AST]:
    """Yield the children that carry meaning at run time: no annotations, docstrings, messages or imports."""
    if isinstance(statement, ast.Import | ast.ImportFrom | ast.Raise):
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return
    for name, value in ast.iter_fields(statement):
        if name in {"annotation", "returns", "decorator_list", "bases", "keywords", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.excepthandler | ast.match_case):
                yield from child.body
            elif isinstance(child, ast.AST):
                yield child


def _expressions(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.arguments):
        for default in [*node.defaults, *(value for value in node.kw_defaults if value)]:
            yield from _expressions(default)
        return
    if isinstance(node, ast.JoinedStr) or _is_type(node) or _is_precaution(node):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _expressions(child)


def _is_type(node: ast.AST) -> bool:
    """Return whether an expression only names a type: ``Literal["a", "b"]``."""
    return isinstance(node, ast.Subscript) and ast.unparse(node.value) in {
        "Literal",
        "NDArray",
        "tuple",
        "Callable",
    }


def _is_precaution(node: ast.AST) -> bool:
    """Return whether an argument only forbids what no caller does: ``zip(strict=True)``."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in the place of a node."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.UnaryOp():
            yield from _operations(node)
        case ast.Compare(ops=comparisons):
            yield from _chained(node, comparisons)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
            yield ast.Constant(value - 1)
        case ast.IfExp() if not isinstance(node.test, ast.Compare):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.Attribute(attr="T"):
            yield node.value
        case ast.Call():
            yield from _calls(node)
        case ast.stmt():
            yield from _statements(node)


def _operations(node: ast.BinOp | ast.BoolOp | ast.UnaryOp) -> Iterator[ast.AST]:
    match node:
        case ast.BinOp(op=operator) if type(operator) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(operator)](), node.right)
        case ast.BoolOp(op=junction):
            yield ast.BoolOp(ast.Or() if isinstance(junction, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield node.operand


def _chained(node: ast.Compare, comparisons: list[ast.cmpop]) -> Iterator[ast.AST]:
    for index, comparison in enumerate(comparisons):
        for other in COMPARISONS[type(comparison)]:
            changed = [*comparisons[:index], other(), *comparisons[index + 1 :]]
            yield ast.Compare(node.left, changed, node.comparators)


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in TWINS:
        function = copy.copy(node.func)
        setattr(function, "attr" if isinstance(function, ast.Attribute) else "id", TWINS[name])
        yield ast.Call(function, node.args, node.keywords)
    if name in DROPPED and len(node.args) == 1 and not node.keywords:
        yield node.args[0]


def _statements(node: Statement) -> Iterator[ast.AST]:
    match node:
        case ast.AugAssign(op=operator):
            yield ast.Pass()
            if type(operator) in OPERATORS:
                yield ast.AugAssign(node.target, OPERATORS[type(operator)](), node.value)
        case ast.Assign(targets=[ast.Subscript()]) | ast.Expr(value=ast.Call()) | ast.Raise():
            yield ast.Pass()
        case ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.If() | ast.While() if not isinstance(node.test, ast.Compare):
            turned = ast.UnaryOp(ast.Not(), node.test)
            yield type(node)(turned, node.body, node.orelse)


@functools.lru_cache(maxsize=16)
def _shown(holder: Statement, node: ast.AST) -> ast.AST:
    """Return what a reader is shown: the largest expression around the node that is short enough to read."""
    within: ast.AST = holder
    while within is not node:
        inner = next(
            child for child in ast.iter_child_nodes(within) if any(each is node for each in ast.walk(child))
        )
        if inner is node and isinstance(within, ast.expr):
            return within
        if isinstance(inner, ast.expr) and len(_unparsed(inner)) <= READABLE:
            return inner
        within = inner
    return node


@functools.lru_cache(maxsize=1024)
def _unparsed(node: ast.AST) -> str:
    return ast.unparse(node)


def _text(node: ast.AST) -> str:
    """Return the source text of an expression, or of the head of a statement."""
    return f"if {ast.unparse(node.test)}" if isinstance(node, ast.If | ast.While) else ast.unparse(node)


def _with(root: ast.AST, old: ast.AST, new: ast.AST) -> ast.AST:
    """Return the tree with one node in the place of another; nothing of the given tree is changed."""
    if root is old:
        return new
    for name, value in ast.iter_fields(root):
        parts = value if isinstance(value, list) else [value]
        for place, part in enumerate(parts):
            changed = _with(part, old, new) if isinstance(part, ast.AST) else part
            if changed is not part:
                twin = copy.copy(root)
                parts = [*parts[:place], changed, *parts[place + 1 :]]
                setattr(twin, name, parts if isinstance(value, list) else changed)
                return twin
    return root
