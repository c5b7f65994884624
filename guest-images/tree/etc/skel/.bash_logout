# Read by bash at logout.
