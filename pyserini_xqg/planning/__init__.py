"""Plans: what a job takes in hours, disk and memory, and the commands that do it."""
