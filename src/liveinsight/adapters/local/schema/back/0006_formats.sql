-- Before, there was one form. It finds in newer figures all that it looks for.
ALTER TABLE lake_file DROP COLUMN format;
