"""E-mail: how reports and alerts are written, and how a letter is sent."""
