"""Training steps for CUDA: the same numbers as the plain ones in fewer and larger kernels.

network/ and losses/ stay the definition; each form here is tested against theirs in float64.
"""
