"""HTTP in and out: the listener, and the application that answers as Jira does."""
