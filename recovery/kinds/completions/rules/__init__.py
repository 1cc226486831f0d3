"""Decides which state documents follow from run history. Pure."""
