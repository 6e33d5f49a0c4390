"""Pages of the documentation that are made of the code they tell of."""
