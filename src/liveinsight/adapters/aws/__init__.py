"""Home 2: DynamoDB holds what is hot and what people decide, S3 what is sealed."""
