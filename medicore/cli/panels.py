"""Panels of the help: which person each verb is for first; every verb is open to whoever has the right."""

import typer

PANELS = {
    "For the biostatistician": (
        "study", "looks", "request", "run", "portfolio", "status", "diff", "report",
    ),
    "For the reviewer": ("console", "review", "sign", "return", "follow", "approvals"),
    "For the inspector": (
        "explain", "reproduce", "verify", "history", "attempts", "subject", "access", "unblind", "export", "sbom", "ledger",
    ),
    "For the operator": ("new", "init", "serve", "deploy", "fleet", "doctor", "people", "edc", "archive"),
}  # fmt: skip
"""The verbs and groups of each person."""


def arrange(app: typer.Typer) -> None:
    """Put each verb and each group of verbs into its panel."""
    panel = {name: title for title, names in PANELS.items() for name in names}
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        command.rich_help_panel = panel.get(name, command.rich_help_panel)
    for group in app.registered_groups:
        group.rich_help_panel = panel.get(str(group.name or group.typer_instance.info.name))  # type: ignore[union-attr]
