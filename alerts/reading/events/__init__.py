"""Which events a text reports, who acts on whom, how grave it is; which texts report one event."""
