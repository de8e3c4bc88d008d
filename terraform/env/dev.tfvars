# For trying things: cheap, open to any origin, thrown away without ado.
environment  = "dev"
region       = "us-east-1"
cors_origin  = "*"
protect_data = false
