"""What an operator can say to `plan` and `recover`: each option is stated once, by its kind. Pure."""
