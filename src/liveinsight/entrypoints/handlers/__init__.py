"""The functions of the AWS home, a module each: in the packages they are `handlers.<module>`."""
