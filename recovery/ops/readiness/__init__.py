"""How ready the platform is: a score that is computed of what was looked at, never typed."""
