"""Local agents with a statistical promise: answer here where evidence allows, else ask the cloud.

The tree is the architecture; imports point downward only:
cli → demo → report, night → learn, routing → flows → agents → models → store, spec → errors, ids,
clock, text.
"""

__version__ = "0.1.0"
