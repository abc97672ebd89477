-- The portable subset: `text` and `bigint` only, times in microseconds since 1970, JSON as text.

-- One row: this ledger, the site it is bound to, and the head of the chain of events.
create table ledger (
    id text not null primary key,
    created_at bigint not null,
    path text not null,
    site_folder text not null,
    base_url text not null,
    last_event bigint not null,
    head text not null
);

create table posting (
    id text not null primary key,
    path text not null,
    translation_key text not null,
    sub_id text,
    reference text,
    title text not null,
    first_seen bigint not null,
    revision text not null,
    revision_since bigint not null
);

create table channel (
    name text not null primary key,
    first_seen bigint not null,
    paused_since bigint,
    paused_reason text
);

create table delivery (
    key text not null primary key,
    posting text not null references posting (id),
    channel text not null references channel (name),
    occasion text not null,
    occurrence text not null,
    deed text not null,
    target text references delivery (key),
    state text not null,
    due_at bigint not null,
    revision text not null,
    attempts bigint not null,
    changed_at bigint not null,
    reason text not null,
    receipt text,
    copy_state text,
    standing text,
    verified_at bigint,
    unique (posting, channel, occasion, occurrence)
);

create index delivery_due on delivery (state, due_at);

create table attempt (
    delivery text not null references delivery (key),
    number bigint not null,
    worker text not null,
    began_at bigint not null,
    send_by bigint not null,
    ended_at bigint,
    outcome text,
    detail text not null,
    wire text not null,
    rendition text not null,
    primary key (delivery, number)
);

create table event (
    number bigint not null primary key,
    at bigint not null,
    delivery text references delivery (key),
    what text not null,
    detail text not null,
    hash text not null
);

create index event_delivery on event (delivery, number);
