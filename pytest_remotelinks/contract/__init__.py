"""What Atlassian published: documents, schemas, and what changed between them."""
