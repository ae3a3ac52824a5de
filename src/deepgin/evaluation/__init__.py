"""Measuring inpainting methods on pictures under frozen masks."""
