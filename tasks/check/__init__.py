"""Great Expectations at work: rules, verdicts on rows, Data Docs; it knows no flow."""
