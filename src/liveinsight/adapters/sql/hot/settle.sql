-- What did judging and sealing leave behind, for nobody? The next batch makes it anew.
DROP TABLE IF EXISTS work;
DROP TABLE IF EXISTS chains;
DROP TABLE IF EXISTS steps;
DROP TABLE IF EXISTS starts;
DROP TABLE IF EXISTS placed;
DROP TABLE IF EXISTS engagements;
DROP TABLE IF EXISTS told;
DROP TABLE IF EXISTS reach;
DROP TABLE IF EXISTS staying;

-- How do the rows that stay take little room? Compressed, and without those that were taken out.
CHECKPOINT
