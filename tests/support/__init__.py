"""What several rooms of tests share: links, a provider, apps and a model of the site."""
