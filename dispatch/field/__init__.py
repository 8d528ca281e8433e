"""The face of the street: squads, laboratories and grid workers, on a phone."""
