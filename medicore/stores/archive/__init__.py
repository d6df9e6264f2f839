"""Write-once archives: a local folder, or S3 with Object Lock."""
