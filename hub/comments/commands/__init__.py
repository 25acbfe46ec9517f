"""What changes comments: one file a write. Each asserts in its first step what the rules judged."""
