"""Asking models behind OpenAI-compatible services: estimated, capped, paced, retried, and never paid for twice.

`client.Endpoint` is the door. Curation's judge and writer and evaluation's API baselines all go through it.
"""
