"""What Jira does with a request that it takes: links and their order, pending writes, issues and services."""
