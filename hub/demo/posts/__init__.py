"""What the policy team wrote, and what people answered: one file per post."""
