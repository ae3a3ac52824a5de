"""The paper's tables and the ablation, over training and evaluation."""
