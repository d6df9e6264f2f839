"""A role may do what the table says and nothing else; an inspector reads the studies that are named."""

from dataclasses import replace
from itertools import product

import pytest

from medicore.errors import IntegrityError, ReviewError
from medicore.records.people.people import (
    PERMISSIONS,
    Permission,
    Role,
    people_of,
    require_permission,
    role_named,
    studies_of_role,
)
from tests.records.people.test_people import RITA, added, tell

ALLOWED = {
    ("analyst", "request"),
    ("reviewer", "proceed"),
    ("reviewer", "approve"),
    ("reviewer", "reject"),
    ("reviewer", "export"),
    ("quality", "approve"),
    ("quality", "correct"),
    ("reviewer", "view"),
    ("quality", "reject"),
    ("quality", "administer"),
    ("quality", "view"),
    ("quality", "export"),
    ("operator", "request"),
    ("operator", "administer"),
    ("operator", "extend"),
    ("quality", "extend"),
    ("quality", "lift"),
    ("quality", "unblind"),
    ("quality", "return"),
    ("quality", "audit"),
    ("reviewer", "return"),
    ("board", "see"),
    ("service", "request"),
    ("service", "attest"),
}


@pytest.mark.parametrize(("role", "permission"), list(product(Role, Permission)))
def test_a_role_may_do_what_the_table_says(role: Role, permission: Permission) -> None:
    """Every pair of role and action is allowed or denied as written here, and deny is the default."""
    person = replace(RITA, role=role)
    if (role.value, permission.value) in ALLOWED:
        require_permission(person, permission)
    else:
        with pytest.raises(ReviewError, match=f"rita has the role {role}, which may not {permission}"):
            require_permission(person, permission)


def test_every_role_has_its_line() -> None:
    """The table of permissions has a line for each role, so that none is forgotten."""
    assert set(PERMISSIONS) == set(Role)


def test_roles_have_names() -> None:
    """A role is found by its name, and only by that."""
    assert role_named("quality") is Role.QUALITY
    with pytest.raises(ReviewError, match="'Quality' is unknown; expected one of analyst"):
        role_named("Quality")


def test_an_inspector_has_studies() -> None:
    """One or more, sorted, each once; nobody else has any, and a wrong name is refused."""
    assert studies_of_role(Role.INSPECTOR, ("TEST-B", "TEST-A", "TEST-B")) == ("TEST-A", "TEST-B")
    assert studies_of_role(Role.REVIEWER, ()) == ()
    for role, studies in ((Role.INSPECTOR, ()), (Role.BOARD, ("TEST-A",))):
        with pytest.raises(ReviewError, match="expected one or more for an inspector"):
            studies_of_role(role, studies)


def test_the_ledger_holds_an_inspectors_studies() -> None:
    """A person is read back with them; a study that is none is refused as a forged event."""
    ivan = replace(RITA, role=Role.INSPECTOR, studies=("TEST-A",))
    assert people_of(tell(added(ivan)))["rita"].studies == ("TEST-A",)
    assert "studies" not in RITA.details()
    with pytest.raises(IntegrityError, match="without name, role or certificate"):
        people_of(tell(added(replace(ivan, studies=("/",)))))
