"""What mail needs of HTTP: the pages behind the links in it, and where it is told which mail came back."""
