"""What mail needs of HTTP: the page behind the link that ends it, and where it is told which mail came back."""
