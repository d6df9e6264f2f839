"""Files of statistical programs and of Excel."""
