"""``dvc.yaml`` and the declaration of the steps say the same."""

from pathlib import Path

import yaml

from medicore.steps.way import STEPS

ROOT = Path(__file__).resolve().parent.parent
RECORD = "records/${study}/${month}/"
CODE = {"${protocol}", "medicore/records", "medicore/stats", "medicore/steps"}


def test_stages_are_the_steps() -> None:
    """Every step is a stage of the same name with the same inputs, documents and stored files, and no other is."""
    stages = yaml.load((ROOT / "dvc.yaml").read_text(), yaml.CSafeLoader)["stages"]
    assert list(stages) == [step.name for step in STEPS]
    for step in STEPS:
        stage = stages[step.name]
        inputs = {"${lock}" if name == "lock" else RECORD + name for name in step.inputs}
        template = {"quarto_templates"} if step.name == "report" else set()
        assert set(stage["deps"]) == CODE | inputs | template
        documents = {name for out in stage["outs"] if isinstance(out, dict) for name in out}
        assert documents == {RECORD + name for name in step.documents}
        assert {out for out in stage["outs"] if isinstance(out, str)} == {
            RECORD + name for name in step.stored
        }
        assert stage["cmd"] == f"python -m medicore step {step.name}"


def test_steps_only_read_what_earlier_ones_wrote() -> None:
    """The way of the data has no loop: each input is the lock or an output of an earlier step."""
    known = {"lock"}
    for step in STEPS:
        assert set(step.inputs) <= known
        known |= set(step.outputs)
