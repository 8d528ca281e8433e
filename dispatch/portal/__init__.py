"""The face for residents: no account, three steps, a private link."""
