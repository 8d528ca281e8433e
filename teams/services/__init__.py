"""Every write of the ground, one module a subject. Each asks the right, writes, and records the change, in one
transaction; a refusal leaves nothing behind. Dates: a change applies from a day; no day that has passed is altered."""
