"""Where a process begins: the server, the command line, the functions."""
