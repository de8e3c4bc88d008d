-- Letters that go out, and what of them went out last.
CREATE TABLE letter (
    site TEXT NOT NULL,
    recipient TEXT NOT NULL,
    every TEXT NOT NULL,
    language TEXT NOT NULL,
    sent TEXT NOT NULL,
    sent_ms INTEGER,
    failure TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, recipient, every)
) STRICT, WITHOUT ROWID;
