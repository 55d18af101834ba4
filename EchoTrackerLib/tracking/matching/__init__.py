"""Matching of small windows and the robust solution that joins all matches: what every tracker and editor shares."""
