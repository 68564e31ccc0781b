"""What a notebook types: values and names, no formula."""
