"""What a model is made of: layers, samples, the plan, the loops, a description."""
