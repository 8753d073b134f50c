"""What is allowed: the documents, the catalogue of rules, the rules themselves, credentials, and the checker that asks them all."""
