-- Words that the ledger can forget, while the chain of events stays whole.

-- What an event says in words. The event itself holds only their SHA-256, so that they can be
-- erased: then `content` is null.
create table event_words (
    number bigint not null primary key references event (number),
    posting text not null references posting (id),
    -- `title`, `person`, `answer`.
    kind text not null,
    -- JSON, with a salt, so that nobody can find a short text by trying.
    content text,
    erased_at bigint
);

create index event_words_posting on event_words (posting);

-- A person had what the ledger holds of it erased; its page is not kept again until it is open.
alter table posting add column erased_at bigint;
-- The exact bytes and the rendition of this attempt are erased; the columns are empty then.
alter table attempt add column erased_at bigint;
-- When what is not to be kept any longer was last looked for.
alter table ledger add column retention_at bigint;
