"""The description of the data set of the results: Define-XML 2.1 (CDISC)."""

from xml.sax.saxutils import escape, quoteattr

from medicore.records.handover.dataset import LABEL, NAME, STRUCTURE, VALUE_TYPES, Dataset, Variable
from medicore.records.handover.exchange import GROUP, item
from medicore.records.handover.source import Source

_TYPES_LIST, _METHOD, _NOTE, _LEAF = "CL.VALTYPE", "MT.RESULTS", "COM.RECORD", f"LF.{NAME}"
_SIGNIFICANT = 17


def define_xml(source: Source, dataset: Dataset, file: str) -> bytes:
    """Return the Define-XML 2.1 of ``dataset``, whose data is in ``file`` beside it.

    The data set follows no CDISC implementation guide, and the description says so.
    """
    variables = dataset.variables
    name = quoteattr(f"Results of {source.run}")
    parts = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:def="http://www.cdisc.org/ns/def/v2.1" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" ODMVersion="1.3.2" FileType="Snapshot" '
        f"FileOID={quoteattr(f'{source.run}/define/{source.results_sha256}')} "
        f'CreationDateTime={quoteattr(source.sealed_at)} Originator="MediCore" def:Context="Other">',
        f"<Study OID={quoteattr(f'STUDY.{source.study}')}>",
        f"<GlobalVariables><StudyName>{escape(source.study)}</StudyName><StudyDescription>{escape(source.title)}"
        f"</StudyDescription><ProtocolName>{escape(f'{source.study}, version {source.protocol_version}')}"
        "</ProtocolName></GlobalVariables>",
        f"<MetaDataVersion OID={quoteattr(f'MDV.{source.study}')} Name={name} Description={name} "
        'def:DefineVersion="2.1.0">',
        _group(variables, file),
        *(_definition(dataset, place) for place in range(len(variables))),
        _code_list(),
        f'<MethodDef OID="{_METHOD}" Name="Values of results.json" Type="Computation">'
        f"{_described('Copied from results.json of the sealed run; PATH and COLUMN name the place of each value')}"
        "</MethodDef>",
        f'<def:CommentDef OID="{_NOTE}">{_described(_record(source))}</def:CommentDef>',
        "</MetaDataVersion>",
        "</Study>",
        "</ODM>\n",
    )
    return "\n".join(parts).encode()


def _record(source: Source) -> str:
    return (
        f"State of the record: {source.state}; commit {source.record_commit}; SHA-256 of results.json: "
        f"{source.results_sha256}; the data set follows no implementation guide of CDISC"
    )


def _described(text: str) -> str:
    return f'<Description><TranslatedText xml:lang="en">{escape(text)}</TranslatedText></Description>'


def _group(variables: tuple[Variable, ...], file: str) -> str:
    references = "".join(_reference(variable, place) for place, variable in enumerate(variables, start=1))
    return (
        f'<ItemGroupDef OID="{GROUP}" Name="{NAME}" SASDatasetName="{NAME}" Repeating="Yes" IsReferenceData="No" '
        f'Purpose="Analysis" def:Structure="{STRUCTURE}" def:ArchiveLocationID="{_LEAF}" def:IsNonStandard="Yes" '
        f'def:CommentOID="{_NOTE}">{_described(LABEL)}{references}<def:Class Name="ADAM OTHER"/>'
        f'<def:leaf ID="{_LEAF}" xlink:href={quoteattr(file)}><def:title>{escape(file)}</def:title></def:leaf>'
        "</ItemGroupDef>"
    )


def _reference(variable: Variable, place: int) -> str:
    key = f' KeySequence="{variable.key}"' if variable.key else ""
    mandatory = "Yes" if variable.key else "No"
    return (
        f'<ItemRef ItemOID="{item(variable)}" OrderNumber="{place}" Mandatory="{mandatory}"{key} '
        f'MethodOID="{_METHOD}"/>'
    )


def _definition(dataset: Dataset, place: int) -> str:
    variable = dataset.variables[place]
    if variable.kind == "text":
        length = f' Length="{dataset.width(place)}"'
    elif variable.kind == "integer":
        length = ' Length="8"'
    else:
        length = f' Length="{_SIGNIFICANT}" SignificantDigits="{_SIGNIFICANT - 1}"'
    codes = f'<CodeListRef CodeListOID="{_TYPES_LIST}"/>' if variable.name == "VALTYPE" else ""
    label = variable.label
    return (
        f'<ItemDef OID="{item(variable)}" Name="{variable.name}" SASFieldName="{variable.name}" '
        f'DataType="{variable.kind}"{length}>{_described(label)}{codes}<def:Origin Type="Derived" Source="Sponsor">'
        f"{_described(variable.description)}</def:Origin></ItemDef>"
    )


def _code_list() -> str:
    items = "".join(
        f'<CodeListItem CodedValue="{value}"><Decode><TranslatedText xml:lang="en">{escape(meaning)}</TranslatedText>'
        "</Decode></CodeListItem>"
        for value, meaning in VALUE_TYPES.items()
    )
    return (
        f'<CodeList OID="{_TYPES_LIST}" Name="Type of the Value" DataType="text" def:IsNonStandard="Yes">{items}'
        "</CodeList>"
    )
