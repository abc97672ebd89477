-- What people are told: an outbox beside the deliveries, which no delivery waits for.

-- What was worth telling. `about` names it for ever, so that it is told once. Its words (JSON) are
-- kept until they were told, or given up, everywhere; then they are empty.
create table notice (
    about text not null primary key,
    at bigint not null,
    content text not null
);

-- One message to people, one way (mail, webhook). It waits until it was told or is given up.
create table telling (
    id text not null primary key,
    way text not null,
    -- Not before; the first time, and the next.
    wanted_at bigint not null,
    due_at bigint not null,
    state text not null,
    attempts bigint not null,
    changed_at bigint not null,
    -- Why it was not told yet.
    why text not null
);

create index telling_due on telling (state, way, due_at);

-- Which notices a message holds.
create table told (
    telling text not null references telling (id),
    notice text not null references notice (about),
    primary key (telling, notice)
);

create index told_notice on told (notice);
