"""All that is kept: schema, loading, search, seed documents, outbox, the published copy."""
