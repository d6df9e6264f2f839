"""The results of a run for other software: a workbook, transport files and their description, as pure data."""
