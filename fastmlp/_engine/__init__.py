"""How batches are run: the plan, scratch space, runs, streams, and how many threads."""
