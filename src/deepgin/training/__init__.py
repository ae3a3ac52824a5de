"""Training, from the recipe to the loop."""
