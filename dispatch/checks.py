"""System checks of the house: a wrong setting is an error with an id and a hint, before anything runs."""
