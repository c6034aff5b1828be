"""Whole transit movements made from a seed: traffic for laboratories, replays and benchmarks."""
