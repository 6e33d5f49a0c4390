"""What a metering run's report tells: figures, verdict, page, files and messages."""
