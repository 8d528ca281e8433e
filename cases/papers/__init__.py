"""Papers: their numbers, what is masked on them, and the chain that proves the record."""

from cases.papers.masking import MaskedSpan, MaskKind, address_of_building, apply_masks, mask_phone, mask_text
from cases.papers.numbers import DEFAULT_PATTERN, check_pattern, format_number

__all__ = [
    "DEFAULT_PATTERN",
    "MaskKind",
    "MaskedSpan",
    "address_of_building",
    "apply_masks",
    "check_pattern",
    "format_number",
    "mask_phone",
    "mask_text",
]
