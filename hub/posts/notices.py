"""The facts that a post tells on its own stream; `ref_id` is the post's id."""

POST_PUBLISHED = "post_published"
