-- Before, nobody was told of many or few.
DROP TABLE alert;
