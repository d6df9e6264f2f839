"""A company's rule for the names of its studies narrows the general one, and look-alikes are refused."""

import pytest

from medicore.errors import ProtocolError
from medicore.records.protocol.file.naming import Naming, parse_naming, require_name

RULE = 'pattern: "ACME-[A-Z]{2,8}-[0-9]{2}"\nexample: ACME-RHC-01\n'
ORIGIN = "studies/names.yaml"


def test_a_rule_allows_whole_names_alone() -> None:
    """The pattern must match from the first character to the last."""
    rule = parse_naming(RULE, ORIGIN)
    assert rule == Naming(pattern="ACME-[A-Z]{2,8}-[0-9]{2}", example="ACME-RHC-01")
    assert rule.allows("ACME-NSW-02")
    assert not any(map(rule.allows, ("ACME-NSW-022", "XACME-NSW-02", "ACME-٠٠-02", "NCT01234567")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pattern: '['\nexample: ACME-1\n", "pattern: is not a regular expression"),
        (RULE.replace("ACME-RHC-01", "NCT01234567"), "the example 'NCT01234567' does not match the pattern"),
        ("pattern: '.*'\nexample: ../x\n", "is not a study identifier"),
        ("pattern: '.*'\n", "example: Field required"),
        (f"{RULE}colour: red\n", "colour: Extra inputs"),
        ("pattern: [\n", "is not valid YAML"),
    ],
)
def test_a_rule_that_is_none_is_refused(text: str, words: str) -> None:
    """The file is named, with what is wrong and what is expected."""
    with pytest.raises(ProtocolError, match=r"^studies/names\.yaml") as refused:
        parse_naming(text, ORIGIN)
    assert words in str(refused.value)


def test_a_name_against_the_rule_or_like_another_is_refused() -> None:
    """The rule is told with its example; a look-alike is told by its name; a study is not like itself."""
    rule = parse_naming(RULE, ORIGIN)
    require_name("ACME-RHC-01", ("ACME-RHC-01", "ACME-RHC-02"), rule)
    require_name("NCT01234567", ("ACME-RHC-01",), None)
    with pytest.raises(
        ProtocolError,
        match=r"does not follow the rule of studies/names\.yaml; expected .* for example ACME-RHC-01",
    ):
        require_name("NCT01234567", (), rule)
    with pytest.raises(
        ProtocolError, match="study acme_1 may be taken for ACME-1; expected names that differ in more"
    ):
        require_name("acme_1", ("ACME-1", "acme_1"), None)
