"""Parts that all trainings share: configuration, environment, checkpoints, curves, memory, model cards."""
