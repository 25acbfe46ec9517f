"""What changes events and the answers to them. Each asserts in its first step what the rules judged."""
