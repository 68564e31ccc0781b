"""Torch, step by step: the reference, on any device, in batches and under autograd."""
