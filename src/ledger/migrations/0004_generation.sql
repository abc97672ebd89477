-- The ledger's one row tells a ledger that was put back from the one that is current.

-- Shared with the mark beside the file; null until the ledger is first marked.
alter table ledger add column generation text;

-- When this copy was made; null in the ledger itself.
alter table ledger add column backup_at bigint;

-- When a copy that had been put back was last noticed, and the time of its newest event then.
alter table ledger add column restored_at bigint;
alter table ledger add column restored_from bigint;
