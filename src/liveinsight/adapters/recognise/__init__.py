"""The packages that know agents, bots, countries and sources, each behind its port."""
