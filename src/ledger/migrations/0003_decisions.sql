-- What people decided, what was seen of pages and copies, and what queues have to know.

-- Everything is paused, channels that come later included.
alter table ledger add column paused_since bigint;
alter table ledger add column paused_reason text;
-- When the site was looked at for the first time; null in older ledgers, which have postings.
alter table ledger add column started_at bigint;

-- The page as it was last read: for a page that goes away before its ad is closed.
alter table posting add column source text;
alter table posting add column language text;
-- 1: it was there before the first start and waits to be accepted.
alter table posting add column predates bigint not null default 0;
alter table posting add column accepted_at bigint;
-- A person took its copies back.
alter table posting add column withdrawn_at bigint;
-- The page is not among the site's postings.
alter table posting add column missing_since bigint;
-- The page was seen at its address; until then, why not.
alter table posting add column page_seen_at bigint;
alter table posting add column page_note text not null default '';
-- It is closed everywhere: nothing is planned for it any more, and its past is not read.
alter table posting add column finished_at bigint;

create index posting_unfinished on posting (id) where finished_at is null;
create index posting_path on posting (path);

-- The slot that it uses (without jitter), and when it was last tried.
alter table delivery add column slot bigint;
alter table delivery add column attempted_at bigint;
-- The copy was not to be seen since then.
alter table delivery add column unseen_since bigint;
-- A person was asked about it.
alter table delivery add column asks_since bigint;

create index delivery_attempted on delivery (attempted_at);
create index delivery_target on delivery (target);
create index delivery_changed on delivery (channel, changed_at);

-- The clock that nobody sets, when the attempt began (JSON).
alter table attempt add column steady text;

-- What each request of one attempt did, before the next one went out.
create table step (
    delivery text not null,
    attempt bigint not null,
    number bigint not null,
    at bigint not null,
    what text not null,
    detail text not null,
    primary key (delivery, attempt, number),
    foreign key (delivery, attempt) references attempt (delivery, number)
);

-- A person agreed to exactly these words; others need a new agreement.
create table approval (
    posting text not null references posting (id),
    channel text not null references channel (name),
    content_hash text not null,
    approved_by text not null,
    approved_at bigint not null,
    primary key (posting, channel)
);
