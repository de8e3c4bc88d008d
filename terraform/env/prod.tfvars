# For real visitors: nothing that holds data can be deleted by mistake.
# cors_origin is only for pages of another host that read; the dashboard has the API's own host.
environment  = "prod"
region       = "us-east-1"
cors_origin  = "*"
protect_data = true
