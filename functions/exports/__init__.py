"""What is done for each table: freeze, measure, extract, check, copy to the vault."""
