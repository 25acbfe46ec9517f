"""What the policy team does with posts: write, move through their stages, append, translate, arrange."""
