"""What a reconciliation's report tells: sums, causes, words, files and shapes."""
