"""The stages without Snakemake: a file lists runs, and they are made side by side on one machine, in short calls.

`file` reads the list, `jobs` says what it takes, `drive` does it until a deadline, `plan` says what is left, `pack`
puts results into small files, and `adopt` takes those into a clone, where the DAG goes on as if it had made them.
"""
