"""What every training needs: configuration, environment, checkpoints, scores on dev."""
