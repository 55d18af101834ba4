"""The report as DICOM: the page as Encapsulated PDF, the numbers as Comprehensive SR (needs highdicom).

Codes: DICOM PS3.16, CID 12309 and 12311 (strain), 12310 (layer), 12226 (view), 12233 (phase), 3717 and 3785 (segments),
in a Measurement Report (TID 1500). Without leave nothing identifies the patient: names and numbers are empty, the study
is a new one, and no image is referred to.
"""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any, Optional

from ... import __version__
from ...cine.export import standard_file
from ...errors import BadInput, MissingDependency
from ...i18n import tr as _
from ..strain import LAGRANGIAN
from ..study.study import SegmentResult, Study
from .content import Report

_SEGMENT_CODES = {
    "basal anterior": ("264850008", "SCT"), "basal anteroseptal": ("396482007", "SCT"),
    "basal inferoseptal": ("396646008", "SCT"), "basal inferior": ("264846001", "SCT"),
    "basal inferolateral": ("396652009", "SCT"), "basal anterolateral": ("396654005", "SCT"),
    "mid anterior": ("264848000", "SCT"), "mid anteroseptal": ("396647004", "SCT"),
    "mid inferoseptal": ("396649001", "SCT"), "mid inferior": ("264847005", "SCT"),
    "mid inferolateral": ("396655006", "SCT"), "mid anterolateral": ("396656007", "SCT"),
    "apical anterior": ("264844003", "SCT"), "apical anteroseptal": ("130620", "DCM"),
    "apical inferoseptal": ("130621", "DCM"), "apical inferior": ("264849008", "SCT"),
    "apical inferolateral": ("130622", "DCM"), "apical anterolateral": ("130623", "DCM"),
}  # fmt: skip
_VIEW_CODES = {
    "A4C": ("399214001", "Apical four chamber"),
    "A2C": ("399232001", "Apical two chamber"),
    "APLAX": ("399339008", "Apical long axis"),
}
_ENDOCARDIAL_GLS = {  # CID 12309; for the other layers the value is coded by its parts
    "A4C": ("130687", "LV End-systolic GLS 4CH (Endocardial)"),
    "A2C": ("130688", "LV End-systolic GLS 2CH (Endocardial)"),
    "APLAX": ("130689", "LV End-systolic GLS ALAX (Endocardial)"),
    "mean": ("130686", "LV End-systolic GLS Multiview Mean (Endocardial)"),
}
_LAYER_CODES = {
    "endo": ("130683", "Endocardial Method"),
    "mid": ("130685", "Myocardial Midlayer Method"),
    "epi": ("130684", "Epicardial Method"),
}
_STRAIN = ("130670", "DCM", "Longitudinal Lagrangian Strain")
_TIME_TO_PEAK = ("130672", "DCM", "Time to Peak Longitudinal Lagrangian Strain")
_DISPERSION = ("130673", "DCM", "Mechanical Dispersion")
_IDENTIFIERS = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID", "StudyDate",
    "StudyTime", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip
_PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"


def write_dicom(folder: Path, report: Report, pdf: Path, identified_by: Optional[Path] = None) -> list[Path]:
    """Write report.dcm (the page) and report-sr.dcm (the numbers of a study) into an existing folder; return the paths.

    Args:
        folder: an existing folder.
        report: what the page says.
        pdf: the page.
        identified_by: a DICOM clip whose patient and study the files take over; None leaves them without identifiers.

    Raises:
        BadInput: that clip is no DICOM file, or the strain cannot be coded.
        MissingDependency: highdicom is not installed.
    """
    source = _source(identified_by)
    page = _encapsulated(report, pdf.read_bytes(), source)
    paths = [folder / "report.dcm"]
    page.save_as(paths[0], **standard_file(page))
    if report.study is not None:
        paths.append(folder / "report-sr.dcm")
        _structured(report, report.study, page, source).save_as(paths[1])
    return paths


def _source(path: Optional[Path]) -> Any:
    """Return the header that identifies the patient and the study, None without leave."""
    if path is None:
        return None
    import pydicom

    try:
        return pydicom.dcmread(path, stop_before_pixels=True)
    except (pydicom.errors.InvalidDicomError, OSError) as error:
        raise BadInput(
            _("{name}: is no DICOM file, so there is no patient to name. Leave --identifiers out.").format(
                name=path.name
            )
        ) from error


def _encapsulated(report: Report, pdf: bytes, source: Any) -> Any:
    """Return the page as an Encapsulated PDF."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    dataset = Dataset()
    for name in _IDENTIFIERS:
        setattr(dataset, name, "" if source is None else source.get(name, ""))
    if not dataset.StudyInstanceUID:
        dataset.StudyInstanceUID = generate_uid()
    now = dt.datetime.now()
    dataset.SOPClassUID, dataset.SOPInstanceUID = _PDF_CLASS, generate_uid()
    dataset.SpecificCharacterSet = "ISO_IR 192" if source is None else source.get("SpecificCharacterSet", "ISO_IR 192")
    dataset.Modality, dataset.ConversionType = "DOC", "WSD"
    dataset.SeriesInstanceUID, dataset.SeriesNumber, dataset.InstanceNumber = generate_uid(), 9001, 1
    dataset.Manufacturer, dataset.ManufacturerModelName = "EchoTracker", "EchoTracker"
    dataset.SoftwareVersions = __version__
    dataset.ContentDate, dataset.ContentTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    dataset.AcquisitionDateTime = ""
    dataset.BurnedInAnnotation = "NO" if source is None else "YES"
    dataset.DocumentTitle = report.title.split("\N{MIDDLE DOT}")[0].strip()
    dataset.ConceptNameCodeSequence = [_code_item("42148-7", "LN", "Echocardiography Report")]
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocumentLength = len(pdf)
    dataset.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def _structured(report: Report, study: Study, page: Any, source: Any) -> Any:
    """Return the numbers of a study as Comprehensive SR; void ones are not there."""
    try:
        from highdicom import sr
    except ImportError as error:
        raise MissingDependency(
            _("The structured report needs the Python package highdicom: pip install highdicom")
        ) from error
    from pydicom.uid import generate_uid

    strains = [part.strain for part in report.parts]
    if any(strain.definition != LAGRANGIAN for strain in strains):
        raise BadInput(_("DICOM codes Lagrangian strain only; measure without --natural for a structured report."))
    layers = {strain.layer for strain in strains}
    layer = layers.pop() if len(layers) == 1 else ""
    groups = [_view_group(study, view, layer) for view in study.views]
    groups += [_whole_group(study, layer)] if len(study.views) > 1 else []
    observer = sr.ObserverContext(
        observer_type=_concept("121007", "DCM", "Device"),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=generate_uid(entropy_srcs=["EchoTracker", __version__]), name="EchoTracker", model_name=__version__
        ),
    )
    content = sr.MeasurementReport(
        observation_context=sr.ObservationContext(observer_device_context=observer),
        procedure_reported=_concept("40701008", "SCT", "Echocardiography"),
        imaging_measurements=groups,
    )
    return sr.ComprehensiveSR(
        evidence=[page] if source is None else [page, source],
        content=content[0],
        series_instance_uid=generate_uid(),
        series_number=9002,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="EchoTracker",
        is_complete=True,
        is_final=False,
        is_verified=False,
    )


def _view_group(study: Study, view: str, layer: str) -> Any:
    """Return GLS and the segments of one view."""
    result = study.views[view]
    found = [_gls(result.gls_percent, view, layer)]
    for segment in study.segments.values():
        if segment.view == view:
            found += _segment_measurements(segment, layer)
    return _group(f"{view}", [m for m in found if m is not None], view)


def _whole_group(study: Study, layer: str) -> Any:
    """Return the mean of the views and the mechanical dispersion."""
    found = [_gls(study.gls_percent, "mean", layer)]
    found.append(_measurement(_DISPERSION, study.mechanical_dispersion_ms, "ms", ("87878005", "SCT", "Left ventricle")))
    return _group("mean of the views", [m for m in found if m is not None], "")


def _gls(value: float, which: str, layer: str) -> Any:
    """Return one global value: by its own code for the endocardial line, by parts for the others."""
    if layer == "endo":
        code, meaning = _ENDOCARDIAL_GLS[which]
        return _measurement((code, "DCM", meaning), value, "%", None)
    return _measurement(_STRAIN, value, "%", ("87878005", "SCT", "Left ventricle"), layer, averaged=which == "mean")


def _segment_measurements(segment: SegmentResult, layer: str) -> list[Any]:
    code, scheme = _SEGMENT_CODES[segment.name]
    site = (code, scheme, f"left ventricle {segment.name} segment")
    return [
        _measurement(_STRAIN, segment.end_systolic_percent, "%", site, layer),
        _measurement(_TIME_TO_PEAK, segment.time_to_peak_ms, "ms", site, layer),
    ]


def _measurement(
    name: tuple[str, str, str], value: float, unit: str, site: Any, layer: str = "", averaged: bool = False
) -> Any:
    """Return a measurement, None for a void one."""
    from highdicom import sr

    if not math.isfinite(value):
        return None
    method = _LAYER_CODES.get(layer)
    return sr.Measurement(
        name=_concept(*name),
        value=round(value, 4),
        unit=_concept(unit, "UCUM", {"%": "percent", "ms": "millisecond"}[unit]),
        finding_sites=None if site is None else [sr.FindingSite(anatomic_location=_concept(*site))],
        method=None if method is None else _concept(method[0], "DCM", method[1]),
        derivation=_concept("373098007", "SCT", "Mean") if averaged else None,
    )


def _group(label: str, measurements: list[Any], view: str) -> Any:
    """Return a measurement group; its strain is end-systolic, in the given view."""
    from highdicom import sr

    notes = [(("272518008", "SCT", "Cardiac Cycle Point"), ("416430001", "SCT", "End Systole"))]
    if view:
        notes.append((("111031", "DCM", "Image View"), (_VIEW_CODES[view][0], "SCT", _VIEW_CODES[view][1])))
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(identifier=f"Longitudinal strain, {label}"),
        measurements=measurements or None,
        qualitative_evaluations=[
            sr.QualitativeEvaluation(name=_concept(*name), value=_concept(*value)) for name, value in notes
        ],
    )


def _concept(value: str, scheme: str, meaning: str) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(value=value, scheme_designator=scheme, meaning=meaning)


def _code_item(value: str, scheme: str, meaning: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
