"""What a model is made of: layers, samples, the training loop, a description."""
