"""What the words mean and what follows from them: pure, no I/O, no clock; time is an argument."""
