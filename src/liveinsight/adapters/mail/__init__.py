"""E-mail: how a digest is written, and how a letter is sent."""
