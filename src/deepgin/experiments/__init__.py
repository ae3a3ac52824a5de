"""The paper's tables and its ablation."""
