"""Commands as many processes: on this machine, under Slurm or on Ray, by the executors of datatrove."""
