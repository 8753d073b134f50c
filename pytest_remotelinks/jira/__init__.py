"""What Jira does with a request: the site, its apps, writes, faults and answers."""
