"""S3: the client, its buckets and legal holds."""
