"""Papers: their numbers, what is masked on them, and the chain that proves the record."""

from cases.papers.masking import MaskedSpan, MaskKind, address_of_building, apply_masks, mask_phone, mask_text
from cases.papers.numbers import DEFAULT_PATTERN, check_pattern, format_number
from cases.papers.spoken import SpokenGroup, reference_heard, spoken

__all__ = [
    "DEFAULT_PATTERN",
    "MaskKind",
    "MaskedSpan",
    "SpokenGroup",
    "address_of_building",
    "apply_masks",
    "check_pattern",
    "format_number",
    "mask_phone",
    "mask_text",
    "reference_heard",
    "spoken",
]
