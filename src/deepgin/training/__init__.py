"""Training, from the recipe to the loop that carries it out. Nothing is imported here."""
