"""How batches are run: the plan, scratch space, chunks, and how many threads."""
