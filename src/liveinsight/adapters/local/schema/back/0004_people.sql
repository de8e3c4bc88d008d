-- Before, nobody had an account; sites, keys and all figures stay.
DROP TABLE session;
DROP TABLE share;
DROP TABLE person;
