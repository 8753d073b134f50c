"""The console command, one module a subcommand."""
