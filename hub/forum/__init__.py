"""Forum threads and their categories. The old forum's threads are imported frozen: still read, never written."""
