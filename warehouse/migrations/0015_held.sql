-- What the hourly cap holds back says so while it waits, as what quiet hours hold back does.

COMMENT ON COLUMN deliveries.held IS 'Why it waits until due_at or was put together with others: quiet (hours) or cap (an hour)';
