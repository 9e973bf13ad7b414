"""Figures of speed beside their physical or engine's floor, measured in one run; no part of the product."""
