"""Needs to measure the planner's rule with: requests of another city, and a street made up by documented rates."""
