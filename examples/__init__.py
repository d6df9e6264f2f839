"""Worked examples: the demo, the CDISC pilot study, and a study of counts."""
