"""The one-page report of strain: what it says, as PDF and HTML, as DICOM."""
