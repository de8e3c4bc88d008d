"""LiveInsight: real-time web analytics, on one machine or serverless, with the same answers."""

__version__ = "0.1.0"
