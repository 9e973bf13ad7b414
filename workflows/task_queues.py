"""Task queues, one per worker process."""

PROCESSES = "processes"
OCR = "ocr"
SEALING = "sealing"
ALL = (PROCESSES, OCR, SEALING)
