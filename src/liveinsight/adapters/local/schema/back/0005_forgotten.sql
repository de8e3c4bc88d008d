-- Before, nobody was told.
DROP TABLE forgotten;
