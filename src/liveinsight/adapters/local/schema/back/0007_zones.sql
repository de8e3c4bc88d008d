-- Before, a file's days were taken for those of the site's zone.
ALTER TABLE lake_file DROP COLUMN zone;
