"""How ready the platform is: a score computed from what was looked at, never typed by hand."""
