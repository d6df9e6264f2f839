"""guidelines: the items of the reporting guidelines, in our own words, each with the sections that answer it.

TARGET (Cashin et al. 2025) has 21 items, CONSORT (Hopewell et al. 2025) 30, STROBE for cohort studies (von Elm et al. 2007)
22; their numbers and parts are those of the published checklists.
"""

TITLE = "title"
"""The place of what stands on the title page."""

_Items = tuple[tuple[str, str, tuple[str, ...]], ...]

TARGET: _Items = (
    ("1a", "The study emulates a target trial", ("9.3",)), ("1b", "Source of the data", (TITLE, "2")),
    ("1c", "Assumptions, methods and findings in brief", ("2",)), ("2", "Background", ()), ("3", "Causal question", ("8",)),
    ("4", "Why a target trial is emulated", ()), ("5", "Sources of the data and their purpose", ("9.1",)),
    ("6a", "Target trial: eligibility", ("9.3",)), ("6b", "Target trial: treatment strategies", ("8", "9.3")),
    ("6c", "Target trial: assignment", ("9.3",)), ("6d", "Target trial: time zero and end of follow-up", ("9.3",)),
    ("6e", "Target trial: outcomes", ("8", "9.3")), ("6f", "Target trial: causal contrasts", ("8", "9.3")),
    ("6g", "Target trial: identifying assumptions", ("11.4",)), ("6h", "Target trial: plan of analysis", ("9.2", "9.3")),
    ("7a", "Emulation: eligibility", ("9.3", "10.1")), ("7b", "Emulation: treatment strategies", ("9.3",)),
    ("7c", "Emulation: assignment", ("9.3",)), ("7d", "Emulation: time zero and end of follow-up", ("9.3",)),
    ("7e", "Emulation: outcomes", ("9.3", "10.1")), ("7f", "Emulation: causal contrasts", ("9.3",)),
    ("7g(i)", "Emulation: assumptions, baseline confounding", ("11.4",)), ("7g(ii)", "Emulation: variables of the assumptions", ("9.2", "11.1")),
    ("7h(i)", "Emulation: plan of analysis", ("9.2", "16.1.9")), ("7h(ii)", "Emulation: planned sensitivity analyses", ("11.5",)),
    ("8", "Subjects assessed, eligible and assigned", ("10.1",)), ("9", "Baseline by strategy", ("11.1",)),
    ("10", "Length of follow-up and how it ended", ("10.1",)), ("11", "Missing data by strategy", ("10.1", "11.1")),
    ("12", "Outcomes by strategy", ("10.1", "11.4")), ("13", "Effect estimates and their precision", ("11.4",)),
    ("14", "Sensitivity of the estimates", ("11.5",)), ("15", "Interpretation", ("13.1",)),
    ("16", "Limitations, target trial against emulation", ("13.2",)), ("17", "Ethics", ("5",)), ("18", "Registration", ("5",)),
    ("19", "Access to data and code", ("16.3", "16.4")), ("20", "Funding", (TITLE,)), ("21", "Conflicts of interest", ()),
)  # fmt: skip

CONSORT: _Items = (
    ("1a", "Randomised, said in the title", (TITLE,)), ("1b", "Structured summary", ("2",)), ("2", "Trial registration", ("5",)),
    ("3", "Protocol and statistical analysis plan", (TITLE, "16.3")), ("4", "Access to data and code", ("16.3", "16.4")),
    ("5a", "Funding", (TITLE,)), ("5b", "Conflicts of interest", ()), ("6", "Background and rationale", ()), ("7", "Objectives", ("8",)),
    ("8", "Patient and public involvement", ()), ("9", "Trial design", ("9.2", "11.1")), ("10", "Changes to the protocol", ("10.3",)),
    ("11", "Trial setting", ("9.1",)), ("12a", "Eligibility of subjects", ("8", "10.1")), ("12b", "Eligibility of sites and therapists", ()),
    ("13", "Intervention and comparator", ("8",)), ("14", "Outcomes", ("8", "11.4")), ("15", "Harms, definition and assessment", ("12.2",)),
    ("16a", "Sample size, determination", ()), ("16b", "Interim analyses and stopping", ("11.4",)),
    ("17a", "Random sequence, who made it", ()), ("17b", "Random sequence, type and restrictions", ("11.1",)),
    ("18", "Concealment of the allocation", ()), ("19", "Access to the sequence", ()), ("20a", "Blinding, of whom", ()), ("20b", "Blinding, how", ()),
    ("21a", "Statistical methods", ("9.2", "16.1.9")), ("21b", "Who is included in each analysis", ("10.1", "11.4")),
    ("21c", "Missing data, method", ("10.1",)), ("21d", "Additional analyses, methods", ("11.5", "11.6")),
    ("22a", "Flow: assigned, treated, analysed by arm", ("10.1",)), ("22b", "Flow: losses and exclusions by arm", ("10.1",)),
    ("23a", "Dates of recruitment and follow-up", ("9.1", "10.1")), ("23b", "Why the trial ended", ()),
    ("24a", "Intervention as delivered", ("8", "10.1")), ("24b", "Concomitant care", ()), ("25", "Baseline data", ("11.1",)),
    ("26", "Numbers analysed, outcomes, estimates", ("11.4",)), ("27", "Harms, results", ("12.2",)),
    ("28", "Ancillary analyses", ("11.5", "11.6")), ("29", "Interpretation", ("13.1",)), ("30", "Limitations", ("13.2",)),
)  # fmt: skip

STROBE: _Items = (
    ("1a", "Design, said in the title or summary", (TITLE, "2")), ("1b", "Summary", ("2",)), ("2", "Background", ()), ("3", "Objectives", ("8",)),
    ("4", "Study design", ("9.2", "9.3")), ("5", "Setting and dates", ("9.1",)), ("6a", "Eligibility, selection, follow-up", ("9.3", "10.1")),
    ("6b", "Matching, if matched", ()), ("7", "Variables", ("8", "9.2")), ("8", "Sources of the variables", ("9.1",)), ("9", "Bias", ("9.3", "11.5")),
    ("10", "Study size", ()), ("11", "Quantitative variables", ("11.1",)), ("12a", "Methods, confounding", ("9.2", "16.1.9")),
    ("12b", "Methods, subgroups and interactions", ("11.6",)), ("12c", "Methods, missing data", ("10.1",)),
    ("12d", "Methods, loss to follow-up", ("10.1",)), ("12e", "Methods, sensitivity analyses", ("11.5",)),
    ("13a", "Subjects at each stage", ("10.1",)), ("13b", "Reasons at each stage", ("10.1",)), ("13c", "Flow diagram", ("10.1",)),
    ("14a", "Characteristics of the subjects", ("11.1",)), ("14b", "Missing data of each variable", ("10.1", "11.1")),
    ("14c", "Time of follow-up", ("10.1",)), ("15", "Outcomes", ("10.1", "11.4")), ("16a", "Unadjusted and adjusted estimates", ("11.4", "11.5")),
    ("16b", "Boundaries of categories", ()), ("16c", "Relative risks as absolute ones", ("11.4",)),
    ("17", "Other analyses", ("11.5", "11.6")), ("18", "Key results", ("2",)), ("19", "Limitations", ("13.2",)), ("20", "Interpretation", ("13.1",)),
    ("21", "Generalisability", ("13.1",)), ("22", "Funding", (TITLE,)),
)  # fmt: skip
