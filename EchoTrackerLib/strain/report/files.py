"""The report as files: report.pdf, report.html, and on request report.dcm and report-sr.dcm."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from .content import Report
from .html import write_html
from .page import save_page


def write_report(folder: Path, report: Report, dicom: bool = False, identified_by: Optional[Path] = None) -> list[Path]:
    """Write the report into an existing folder; return the paths.

    PDF and HTML have the same bytes from the same report; DICOM files hold the date and identifiers of their own.

    Args:
        folder: an existing folder.
        report: what it says.
        dicom: write the DICOM files as well.
        identified_by: a DICOM clip whose patient and study the DICOM files take over; None: no identifiers.
    """
    paths = [folder / "report.pdf", folder / "report.html"]
    save_page(paths[0], report)
    write_html(paths[1], report)
    if dicom:
        from .dicom import write_dicom

        paths += write_dicom(folder, report, paths[0], identified_by)
    return paths
