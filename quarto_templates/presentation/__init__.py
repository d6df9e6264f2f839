"""The output of the report template's cells: tables, figures and sentences, all from the three input files."""
