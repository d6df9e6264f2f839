"""What the cells of the report template print: tables, figures and sentences, all from the three input files."""
