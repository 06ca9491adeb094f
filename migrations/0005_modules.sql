-- Modules of workspaces, and the texts of modules that each revision of a pipeline was read with.

CREATE TABLE modules (
    id TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    name TEXT NOT NULL,
    -- The newest of module_revisions.
    revision BIGINT NOT NULL,
    -- Removed modules keep their revisions; no new file can use them.
    removed BOOLEAN NOT NULL,
    UNIQUE (workspace_id, name)
);

CREATE TABLE module_revisions (
    module_id TEXT NOT NULL REFERENCES modules (id),
    number BIGINT NOT NULL,
    text TEXT NOT NULL,
    actor TEXT NOT NULL,
    message TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (module_id, number)
);

-- By full name (library/git-tag, workspace/deploy), as they were when the revision was set: a revision reads the same for ever.
CREATE TABLE revision_modules (
    pipeline_id TEXT NOT NULL REFERENCES pipelines (id),
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (pipeline_id, number, name)
);
