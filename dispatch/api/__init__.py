"""The REST door for other systems: the same services as the faces, behind tokens, scopes and stable codes."""
