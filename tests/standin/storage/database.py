"""The tables that hold the metadata of buckets and objects, in SQLite."""

LIVE, NONCURRENT, SOFT_DELETED = 0, 1, 2

SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    project TEXT NOT NULL,
    metageneration INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    soft_deleted INTEGER,
    hard_deleted INTEGER,
    settings TEXT NOT NULL,
    policy TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS live_buckets ON buckets (name) WHERE soft_deleted IS NULL;
CREATE TABLE IF NOT EXISTS objects (
    bucket INTEGER NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    state INTEGER NOT NULL,
    metageneration INTEGER NOT NULL,
    size INTEGER NOT NULL,
    crc32c TEXT NOT NULL,
    md5 TEXT,
    components INTEGER,
    content TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    noncurrent INTEGER,
    soft_deleted INTEGER,
    hard_deleted INTEGER,
    retained_from INTEGER NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (bucket, name, generation)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS live_objects ON objects (bucket, name) WHERE state = 0;
CREATE INDEX IF NOT EXISTS soft_deleted_objects ON objects (bucket, name, generation)
    WHERE state = 2;
CREATE INDEX IF NOT EXISTS expiring_objects ON objects (hard_deleted) WHERE state = 2;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    settings TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    PRIMARY KEY (upload, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operations (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    done INTEGER NOT NULL,
    resource TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS folders (
    bucket INTEGER NOT NULL,
    name TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket INTEGER NOT NULL,
    resource TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS clock (offset INTEGER NOT NULL);
"""
