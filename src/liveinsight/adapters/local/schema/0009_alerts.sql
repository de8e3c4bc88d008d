-- Words that are wanted when many come, or hardly anybody does.
CREATE TABLE alert (
    site TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sign TEXT NOT NULL,
    visitors INTEGER NOT NULL,
    hours INTEGER NOT NULL,
    language TEXT NOT NULL,
    is_armed INTEGER NOT NULL DEFAULT 0,
    sent_ms INTEGER,
    failure TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (site, recipient, sign)
) STRICT, WITHOUT ROWID;
