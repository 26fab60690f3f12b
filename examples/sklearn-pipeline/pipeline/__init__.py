"""A small training pipeline: load and split, fit, evaluate, keep the model."""
