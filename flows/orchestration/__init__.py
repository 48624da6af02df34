"""All that knows Prefect: the flows, the schedules, and a server of our own."""
