"""Options of commands from the fields of settings, with their help, by cyclopts."""
