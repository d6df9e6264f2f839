"""drafting: the draft of a protocol from a profile of a file, with TODO where only a person can decide."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from medicore.cases.studies.noting import noted, quoted
from medicore.errors import DataError
from medicore.records.delivery.reading import PLAIN, Reading
from medicore.records.identifiers import study_id
from medicore.steps.preview.profile import ColumnProfile, TableProfile

_NAME = re.compile(r"[^A-Za-z0-9_]+")
_TAKEN = frozenset({"treated", "outcome", "observed", "imputation", "cluster"})
_CONTROLS = ("control", "placebo", "comparator", "standard", "usual", "none", "no", "0", "false")
_SUBJECTS = ("subject", "usubjid", "patient", "ptid", "id")


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose for a draft: the roles of columns, and the categories whose levels may be written down.

    ``late`` are further columns that were measured after time zero; ``treated`` is the level of the treated arm, '' to
    propose one; ``first_month`` is the first month with an analysis; ``reading`` is how the file was read.
    """

    study: str
    file: str
    treatment: str
    outcome: str
    first_month: str
    subject: str = ""
    treated: str = ""
    late: tuple[str, ...] = ()
    levels: frozenset[str] = frozenset()
    randomised: bool = False
    reading: Reading = PLAIN


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a drafted protocol, and the columns that it leaves out, with the reason of each."""

    text: str
    left_out: Mapping[str, str]


def propose_subject(found: TableProfile) -> str:
    """Return the column that tells subjects apart; raise DataError when none or several of no telling name do."""
    unique = [column.name for column in found.columns if column.unique and column.kind != "number"]
    for word in _SUBJECTS:
        named = [name for name in unique if word in name.lower()]
        if named:
            return named[0]
    if len(unique) == 1:
        return unique[0]
    if not unique:
        raise DataError(
            "no column of the file tells subjects apart; expected one with another value in each row, such as an identifier; "
            "have it added where the data come from, as a record must be able to name each subject"
        )
    listed = ", ".join(unique)
    raise DataError(
        f"the file has {len(unique)} column(s) that tell subjects apart ({listed}); expected one; name it with --subject"
    )


def draft(found: TableProfile, chosen: Choices) -> Draft:
    """Return the draft of a protocol for a file; it holds no value of a patient but the levels that the person allowed.

    Raises
    ------
    DataError
        When a named column is not in the file, does not fit its role, or its levels were not allowed.
    """
    study_id(chosen.study)
    subject = _known(found, chosen.subject or propose_subject(found), "--subject")
    treatment = _known(found, chosen.treatment, "--treatment")
    outcome = _known(found, chosen.outcome, "--outcome")
    late = {name: _known(found, name, "--late") for name in chosen.late}
    arms = _arms(treatment, chosen)
    names = _contract_names(found)
    parts = _Parts(found, chosen, names, arms)
    roles = {subject.name, treatment.name, outcome.name}
    left_out: dict[str, str] = {}
    covariates: list[ColumnProfile] = []
    columns = [
        f"    - {{name: {names[subject.name]}, type: identifier, timing: administrative}}",
        f"    - {{name: {names[treatment.name]}, type: category, timing: baseline, required: false, "
        f"values: [{', '.join(map(quoted, arms))}]}}",
    ]
    used = [subject, treatment, outcome]
    for column in found.columns:
        if column.name in roles:
            continue
        reason = _unfit(column, chosen)
        if reason:
            left_out[column.name] = reason
            continue
        used.append(column)
        columns.append(parts.column(column, "follow-up" if column.name in late else "baseline"))
        if column.name not in late:
            covariates.append(column)
    if not covariates:
        raise DataError(
            "no column is left as a covariate; expected one or more; allow the levels of categories"
        )
    columns.append(parts.outcome_column(outcome))
    return Draft(
        "\n".join(parts.lines(subject, treatment, outcome, columns, covariates, used)) + "\n", left_out
    )


def _known(found: TableProfile, name: str, option: str) -> ColumnProfile:
    column = found.column(name)
    if column is None:
        listed = ", ".join(one.name for one in found.columns[:20])
        raise DataError(f"{option} {name!r} is no column of the file; expected one of: {listed}; correct it")
    return column


def _arms(column: ColumnProfile, chosen: Choices) -> tuple[str, str]:
    """Return the levels of the treated and the control arm."""
    levels = ["1", "0"] if column.two_valued else [level for level, _ in column.levels]
    if len(levels) != 2:
        raise DataError(
            f"--treatment {column.name!r} has {len(levels) or column.distinct} levels; expected a column with two; name another, "
            "or write the protocol of several arms by hand"
        )
    if chosen.treated:
        if chosen.treated not in levels:
            raise DataError(f"--treated {chosen.treated!r} is no level of {column.name!r}; correct it")
        return chosen.treated, next(level for level in levels if level != chosen.treated)
    controls = [level for level in levels if level.lower().split(" ")[0] in _CONTROLS]
    control = controls[0] if len(controls) == 1 else levels[0]
    return next(level for level in levels if level != control), control


def _unfit(column: ColumnProfile, chosen: Choices) -> str:
    """Return why a column is not in the draft, '' when it is."""
    if column.kind == "text":
        return "free text, or more levels than a category has" if column.distinct else "no value"
    if column.kind == "date":
        return "a date; add it by hand where a criterion or the outcome's schedule needs it"
    if column.distinct == 1:
        return "the same value for everybody"
    if column.counting:
        return "numbers the rows; a number of a row is no covariate"
    if column.kind == "category" and column.name not in chosen.levels:
        return "its levels were not confirmed; name it with --levels, or answer yes"
    return ""


def _contract_names(found: TableProfile) -> dict[str, str]:
    """Return for each column of the file a name that the contract allows, all different."""
    names: dict[str, str] = {}
    for place, column in enumerate(found.columns, start=1):
        plain = _NAME.sub("_", column.name).strip("_")[:50] or f"column_{place}"
        plain = plain if plain[0].isalpha() else f"c_{plain}"
        if plain in _TAKEN:
            plain += "_given"
        taken = {name.lower() for name in names.values()}
        name, number = plain, 2
        while name.lower() in taken:
            name, number = f"{plain}_{number}", number + 1
        names[column.name] = name
    return names


def _reading(reading: Reading) -> Iterator[str]:
    """Yield the parts of a reading as a protocol declares them."""
    for key, value in reading.model_dump().items():
        shown = {"\t": '"\\t"'}.get(value, quoted(value)) if isinstance(value, str) else str(value).lower()
        yield f"{key}: {shown}"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The lines of a draft."""

    found: TableProfile
    chosen: Choices
    names: Mapping[str, str]
    arms: tuple[str, str]

    def column(self, column: ColumnProfile, timing: str) -> str:
        """Return the line of a column in the contract."""
        gaps = ", required: false" if column.missing else ""
        rest = {
            "integer": "",
            "number": ", unit: none",
            "category": f", values: [{', '.join(quoted(level) for level, _ in sorted(column.levels))}]",
        }[column.kind]
        line = f"    - {{name: {self.names[column.name]}, type: {column.kind}, timing: {timing}{gaps}{rest}}}"
        return line + noted(column, self.found) if timing == "baseline" else line

    def outcome_column(self, column: ColumnProfile) -> str:
        """Return the line of the outcome in the contract; two levels become 0 and 1."""
        name = self.names[column.name]
        head = f"    - {{name: {name}, timing: follow-up, required: false, "
        if column.two_valued:
            return f"{head}type: integer, minimum: 0, maximum: 1}}"
        if self.is_binary(column):
            first, second = sorted(level for level, _ in column.levels)
            return f"{head}type: integer, minimum: 0, maximum: 1, recode: {{{quoted(first)}: '0', {quoted(second)}: '1'}}}}"
        return f"{head}type: {column.kind}, unit: none}}"

    def lines(
        self,
        subject: ColumnProfile,
        treatment: ColumnProfile,
        outcome: ColumnProfile,
        columns: Collection[str],
        covariates: Collection[ColumnProfile],
        used: Collection[ColumnProfile],
    ) -> Iterator[str]:
        """Yield the lines of the draft."""
        chosen, names = self.chosen, self.names
        binary = self.is_binary(outcome)
        listed = ", ".join(names[column.name] for column in covariates)
        gaps = any(column.missing for column in covariates)
        seed = int(sha256(chosen.study.encode()).hexdigest()[:8], 16)
        yield f"# Draft from {chosen.file}: {self.found.rows} rows. Write what is marked TODO, and read every other line once."
        yield f"study: {chosen.study}"
        yield 'title: "TODO: title of the study"'
        yield 'sponsor: "TODO: sponsor"'
        yield 'version: "0.1"'
        yield 'phase: "TODO: phase, such as IV"'
        yield f"design: {'randomised' if chosen.randomised else 'observational'}"
        yield "# The estimand (ICH E9(R1)): its five attributes are decisions that no file can make."
        yield "estimand:"
        for attribute in ("treatment", "population", "variable"):
            yield f'  {attribute}: "TODO: {attribute}"'
        yield "  intercurrent_events:"
        yield '    - {event: "TODO: event", strategy: treatment policy, detect: none, reason: "TODO: reason"}'
        yield '  summary_measure: "TODO: summary measure"'
        yield f"  measure: difference{'  # of risks; or: risk ratio, odds ratio' if binary else ''}"
        yield "  target: ATE"
        yield "# Each column of the contract and the column of the file that gives it. Other columns are not read."
        yield "edc:"
        yield "  system: files"
        yield "  datasets:"
        yield f"    - file: {quoted(chosen.file)}"
        if chosen.reading.words != PLAIN.words:
            yield f"      reading: {{{', '.join(_reading(chosen.reading))}}}"
        yield f"      subject: {quoted(subject.name)}"
        yield "      columns:"
        for column in used:
            if column.name != subject.name:
                yield f"        {names[column.name]}: {quoted(column.name)}"
        yield "# Types are proved by the file; ranges and units are knowledge: add minimum, maximum and unit."
        yield "# Timing: what was measured after time zero is 'follow-up', and no covariate."
        yield "contract:"
        yield f"  subject: {names[subject.name]}"
        yield f"  missing: [{', '.join(map(quoted, dict.fromkeys(('', *self.found.missing))))}]"
        yield "  columns:"
        yield from columns
        yield f"treatment: {{column: {names[treatment.name]}, treated: {quoted(self.arms[0])}, control: {quoted(self.arms[1])}}}"
        yield "outcome:"
        yield f"  column: {names[outcome.name]}"
        yield f"  type: {'binary' if binary else 'continuous'}"
        yield '  unit: "TODO: unit"'
        yield '  label: "TODO: what is measured, and when"'
        yield "  assessed: none  # or {anchor: <date>, day: 182, window: [-14, 28], visit: <date>}: who is not due yet is no gap"
        yield f"  missing: {{method: {'multiple imputation' if gaps else 'weighted'}}}"
        yield "eligibility:"
        yield f"  - {{name: Treatment not recorded, column: {names[treatment.name]}, operator: present}}"
        yield "covariates:"
        for column in covariates:
            term = "categories" if column.kind == "category" else "linear"
            yield f"  - {{column: {names[column.name]}, label: {quoted(column.name or names[column.name])}, terms: [{term}]}}"
        if gaps:
            yield "imputation: {method: multiple}  # covariates have gaps"
        yield f"models:\n  propensity: [{listed}]\n  outcome: [{listed}]"
        yield "# How monthly looks share the level: docs/use.md tells how to choose."
        first = max(20, self.found.rows // 10)
        yield (
            f"monitoring: {{method: confidence sequence, alpha: 0.05, tuned_at: {self.found.rows}, first: {first}, "
            "action: none}"
        )
        yield f'calendar: {{timezone: Etc/UTC, first_month: "{chosen.first_month}"}}'
        yield f"seed: {seed}"

    def is_binary(self, outcome: ColumnProfile) -> bool:
        """Return whether the outcome is one of two; raise DataError when it is neither that nor a number."""
        if outcome.two_valued or (outcome.kind == "category" and len(outcome.levels) == 2):
            return True
        if outcome.kind not in ("integer", "number"):
            raise DataError(
                f"--outcome {outcome.name!r} is neither a number nor a column of two levels; expected one of these; name another"
            )
        return False
