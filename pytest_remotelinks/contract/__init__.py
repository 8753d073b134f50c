"""What is allowed: the contract's documents, the rules, and the checker that judges a request by them."""
