"""What the benchmarks share; bench/run.py and bench/load.py are the commands."""
