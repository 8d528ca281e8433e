"""Reads over many cases: rates, times, visits saved. Never by officer, never by fines, no ranking (art. 74)."""
