"""Great Expectations at work: rules, results on rows, Data Docs; it knows no flow."""
