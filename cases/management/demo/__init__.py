"""The demo district: real street names and codes, everything else plainly invented."""
