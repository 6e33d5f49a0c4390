"""A customer for each thing that Lago can say, labelled with what must come out of it."""
