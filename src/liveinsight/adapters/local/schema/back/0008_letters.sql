-- Before, no letters went out.
DROP TABLE letter;
