"""What a server keeps beside its tables: jobs, uploads, writers, counts."""
