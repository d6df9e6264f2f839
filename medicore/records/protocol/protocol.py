"""The protocol: a study's statistical analysis plan in machine form, one YAML file per study."""

from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from medicore.errors import ProtocolError
from medicore.records.blinding.comparative import ComparativeResults
from medicore.records.canonical import digest, document
from medicore.records.identifiers import study_id
from medicore.records.protocol.contract import Contract, require_contrast
from medicore.records.protocol.flexible import Flexible
from medicore.records.protocol.growing import GrowingPart
from medicore.records.protocol.hypotheses.endpoint import SecondaryEndpoint
from medicore.records.protocol.hypotheses.family import Family
from medicore.records.protocol.inference import Inference
from medicore.records.protocol.intercurrent import Criterion, IntercurrentEvent
from medicore.records.protocol.monitoring import Monitoring
from medicore.records.protocol.negative_controls import NegativeControl
from medicore.records.protocol.outcome import Outcome
from medicore.records.protocol.part import Month, Name, Part, Positive, Share, Text
from medicore.records.protocol.randomisation import RandomisationPlan, by_design
from medicore.records.protocol.review import Review
from medicore.records.protocol.safety.plan import Safety
from medicore.records.protocol.source import Source


class Estimand(Part):
    """The five attributes of the estimand (ICH E9(R1), A.3.1) and the target population of the contrast."""

    treatment: Text
    population: Text
    variable: Text
    intercurrent_events: Annotated[tuple[IntercurrentEvent, ...], Field(min_length=1)]
    summary_measure: Text
    measure: Literal[
        "difference",
        "risk ratio",
        "odds ratio",
        "survival difference",
        "rmst difference",
        "rate ratio",
        "rate difference",
        "win odds",
        "net benefit",
    ] = "difference"
    target: Literal["ATE", "ATT", "ATO"] = "ATE"

    @property
    def contrast(self) -> Literal["difference", "risk ratio", "odds ratio", "rate ratio", "win odds"]:
        """How the arms' means are compared: a measure of survival, a difference of rates and a net benefit are differences."""
        match self.measure:
            case "survival difference" | "rmst difference" | "rate difference" | "net benefit":
                return "difference"
            case _:
                return self.measure


class Treatment(GrowingPart):
    """The treatment column and the declared contrast: ``treated`` against ``control``; ``contrasts``: whether all others, too.

    ``ended`` is the column with the date at which a subject's treatment ended, empty while it goes on.
    """

    later: ClassVar[frozenset[str]] = frozenset({"contrasts", "ended"})

    column: Name
    treated: Text
    control: Text
    contrasts: Literal["declared", "all"] = "declared"
    ended: Name | None = None


class Covariate(GrowingPart):
    """A baseline covariate and the terms by which it enters the models; ``knots`` is the number of knots of a spline."""

    later: ClassVar[frozenset[str]] = frozenset({"knots"})

    column: Name
    label: Text
    terms: tuple[Literal["linear", "square", "categories", "spline"], ...] = ("linear",)
    knots: Literal[3, 4, 5] | None = None


class Trimming(Part):
    """The propensity scores that are discarded; discarding changes the estimand."""

    method: Literal["none", "discard"] = "none"
    lower: Share = 0.01
    upper: Share = 0.99


class ImputationPlan(Part):
    """The method for missing baseline covariates: none, one value for each gap, or several draws."""

    method: Literal["none", "single", "multiple"] = "none"
    number: Annotated[int, Field(ge=5, le=100)] = 20
    numbers: Literal["normal", "matching"] = "normal"
    iterations: Annotated[int, Field(ge=5, le=100)] = 10
    indicators: bool = False


class Models(GrowingPart):
    """The nuisance models: the covariate columns of each, and the interactions of two covariates in every model of both.

    ``outcome_fit`` is how the outcome models of an outcome of 0 and 1 are fitted: by likelihood, or by Firth's penalised one,
    which has a maximum where an arm has few or no events. The propensity model is never penalised: that would hide that
    the arms do not overlap.
    """

    later: ClassVar[frozenset[str]] = frozenset({"interactions", "outcome_fit"})

    propensity: Annotated[tuple[Name, ...], Field(min_length=1)]
    outcome: Annotated[tuple[Name, ...], Field(min_length=1)]
    interactions: tuple[tuple[Name, Name], ...] = ()
    outcome_fit: Literal["likelihood", "firth"] = "likelihood"


class Gates(GrowingPart):
    """Thresholds at which a run halts and waits for a human.

    ``missing_share`` limits the share of outcomes that are due and missing, ``missing_difference`` how far the arms'
    shares may lie apart. ``smd`` limits the imbalance of covariates; in a randomised study that declares none it is None.
    ``equipoise`` is the smallest share of subjects with a preference score between 0.3 and 0.7.
    Of negative controls, ``controls_share`` limits the share that differs between the arms at the study's level,
    ``systematic_error`` the expected absolute systematic error, on the scale of the controls, and ``detectable_effect`` the
    smallest effect that the study can find, on the scale of the measure. None of ``equipoise`` and ``detectable_effect``
    is no gate, of ``systematic_error`` the limit of the scale.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "missing_share",
            "missing_difference",
            "equipoise",
            "controls_share",
            "systematic_error",
            "detectable_effect",
        }
    )

    smd: Positive | None = 0.1
    smd_sample: Literal["unweighted", "weighted"] = "weighted"
    score_lower: Share = 0.001
    score_upper: Share = 0.999
    trimmed_share: Share = 0.05
    weight_share: Share = 0.05
    effective_sample_size_share: Share = 0.3
    variance_disagreement: Positive = 0.2
    estimate_change: Positive = 1.0
    failed_replicates_share: Share = 0.02
    missing_share: Share = 0.2
    missing_difference: Share = 0.1
    equipoise: Share | None = None
    controls_share: Share = 0.25
    systematic_error: Positive | None = None
    detectable_effect: Positive | None = None


class Sensitivity(GrowingPart):
    """The plan of the sensitivity analyses and, separately, of the supplementary analyses."""

    later: ClassVar[frozenset[str]] = frozenset({"flexible"})

    trimming: tuple[Share, ...] = (0.01, 0.05, 0.1)
    clipping: tuple[Share, ...] = (0.05,)
    leave_one_out: bool = True
    subgroups: tuple[Name, ...] = ()
    flexible: Flexible | None = None


class Calendar(Part):
    """The study's clock: its time zone and the first month with an analysis."""

    timezone: str
    first_month: Month

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                f"time zone {zone!r} is unknown; use an IANA name such as Europe/Zurich"
            ) from error
        return zone


class Retention(Part):
    """How long the archive keeps the record: fifteen years or more."""

    years: Annotated[int, Field(ge=15, le=100)] = 15


class Protocol(GrowingPart):
    """A whole protocol. Build it with ``parse_protocol``.

    ``monitoring`` is None in a record of before there were looks; ``parse_protocol`` refuses a file without it.
    ``comparative_results`` says who may see what compares the arms: everybody (``open``), or while ``Closed`` few.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "monitoring",
            "randomisation",
            "negative_controls",
            "secondary",
            "families",
            "safety",
            "limitations",
            "discussion",
            "ethics",
            "registration",
            "comparative_results",
            "review",
        }
    )

    study: str
    title: Text
    sponsor: Text
    version: Text
    phase: Text
    design: Literal["randomised", "observational"]
    estimand: Estimand
    edc: Source
    contract: Contract
    treatment: Treatment
    randomisation: RandomisationPlan | None = None
    outcome: Outcome
    negative_controls: tuple[NegativeControl, ...] = ()
    secondary: tuple[SecondaryEndpoint, ...] = ()
    families: tuple[Family, ...] = ()
    safety: Safety | None = None
    eligibility: tuple[Criterion, ...]
    covariates: Annotated[tuple[Covariate, ...], Field(min_length=1)]
    imputation: ImputationPlan = ImputationPlan()
    models: Models
    trimming: Trimming = Trimming()
    inference: Inference = Inference()
    monitoring: Monitoring | None = None
    gates: Gates = Gates()
    sensitivity: Sensitivity = Sensitivity()
    calendar: Calendar
    limitations: tuple[Text, ...] = ()
    discussion: tuple[Text, ...] = ()
    ethics: Text | None = None
    registration: Text | None = None
    comparative_results: ComparativeResults = "open"
    review: Review = Review()
    retention: Retention = Retention()
    seed: Annotated[int, Field(ge=0, lt=2**63)]

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_the_design(cls, document: object) -> object:
        return by_design(document)

    @field_validator("study")
    @classmethod
    def _study(cls, study: str) -> str:
        try:
            return study_id(study)
        except ProtocolError as error:
            raise ValueError(str(error)) from error

    @field_validator("discussion")
    @classmethod
    def _discussion(cls, discussion: tuple[str, ...]) -> tuple[str, ...]:
        if not discussion:
            raise ValueError("the discussion is empty; write one text or more, or leave the key out")
        return discussion

    @field_validator("treatment", mode="before")
    @classmethod
    def _contrast(cls, treatment: object, info: ValidationInfo) -> object:
        require_contrast(treatment, info.data.get("contract"))
        return treatment

    def covariate(self, column: str) -> Covariate:
        """Return the covariate of that column."""
        return next(covariate for covariate in self.covariates if covariate.column == column)

    def as_json(self) -> dict[str, Any]:
        """Return the resolved protocol, with every default written out."""
        return self.model_dump(mode="json")

    def as_document(self) -> bytes:
        """Return the resolved protocol as the file that the record holds."""
        return document(self.as_json())

    @property
    def digest(self) -> str:
        """SHA-256 of the resolved protocol."""
        return digest(self.as_json())
