"""`echotracker bench ...`: measurements of the trackers."""
