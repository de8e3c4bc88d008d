"""The doors of people, sites, keys and shares: thin, one file a noun."""
