"""How strong a violated assumption would have to be to change the conclusion."""
