"""A verb a file: what LiveInsight does, told in domain words over the ports."""
