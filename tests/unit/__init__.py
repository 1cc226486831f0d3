"""Tests of what decides: values in, values out, no cloud."""
