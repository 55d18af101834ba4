"""DICOM ultrasound clips: header, times, regions, pixels."""
