"""What the report says by the design of the study: methods, flow of subjects, the trial, declarations, reporting guideline."""
