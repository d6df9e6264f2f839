"""Roles, and what each of them may do."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """The role of a person in the studies."""

    ANALYST = "analyst"
    REVIEWER = "reviewer"
    QUALITY = "quality"
    OPERATOR = "operator"
    BOARD = "board"
    EXECUTIVE = "executive"
    INSPECTOR = "inspector"
    SERVICE = "service"


class Permission(StrEnum):
    """What a role may allow. The permissions for the three decisions have the same names as their meanings.

    'administer' allows adding, renewing, revoking and unlocking people; 'view' allows seeing one patient's data;
    'correct' allows a run to proceed with locked values that the source corrected;
    'extend' allows a later retention date or a legal hold on a record; 'lift' allows ending a legal hold.
    'see' allows closed comparative results; 'unblind' allows opening them;
    'return' allows returning a run with comments; 'audit' allows
    stating that a part of the audit trail was reviewed.
    """

    REQUEST = "request"
    PROCEED = "proceed"
    CORRECT = "correct"
    APPROVE = "approve"
    REJECT = "reject"
    EXPORT = "export"
    ADMINISTER = "administer"
    VIEW = "view"
    EXTEND = "extend"
    LIFT = "lift"
    ATTEST = "attest"
    SEE = "see"
    UNBLIND = "unblind"
    RETURN = "return"
    AUDIT = "audit"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ANALYST: frozenset({Permission.REQUEST}),
        Role.REVIEWER: frozenset(
            {
                Permission.PROCEED,
                Permission.APPROVE,
                Permission.REJECT,
                Permission.RETURN,
                Permission.EXPORT,
                Permission.VIEW,
            }
        ),
        Role.QUALITY: frozenset(
            {
                Permission.CORRECT,
                Permission.APPROVE,
                Permission.REJECT,
                Permission.EXPORT,
                Permission.VIEW,
                Permission.ADMINISTER,
                Permission.EXTEND,
                Permission.LIFT,
                Permission.UNBLIND,
                Permission.AUDIT,
                Permission.RETURN,
            }
        ),
        Role.OPERATOR: frozenset({Permission.REQUEST, Permission.ADMINISTER, Permission.EXTEND}),
        Role.BOARD: frozenset({Permission.SEE}),
        Role.EXECUTIVE: frozenset(),
        Role.INSPECTOR: frozenset(),
        Role.SERVICE: frozenset({Permission.REQUEST, Permission.ATTEST}),
    }
)
"""The permissions of each role; everything that the table does not list is denied (21 CFR 11.10(d), (g))."""
