"""Running under SLURM: what a site is called, what jobs ask for, processes of one run, recovery after a kill."""
