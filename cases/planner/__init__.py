"""Check once: which reasons to visit share a visit, who joins it, and what a complaint's words point to.

`merge` which needs share an order · `compose` the order's parts · `trigger` when to go · `words` categories ·
`likeness` parties and repeats · `quotes` what a hotline text names.
"""
