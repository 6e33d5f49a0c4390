"""What a reconciliation's report tells: verdict, page, workbook, files and messages."""
