-- What was handed over and has not arrived, and what came back by mail.

create index delivery_on_its_way on delivery (changed_at) where copy_state in ('sent', 'held');

-- How far a mailbox was read (RFC 3501 §2.3.1.1).
create table mailbox (
    name text not null primary key,
    uid_validity bigint not null,
    last_uid bigint not null
);

-- A mail that was read there and says something of a delivery, or may.
create table answer (
    -- The SHA-256 of its bytes: one that is read again is the same.
    id text not null primary key,
    read_at bigint not null,
    says text not null,
    sender text not null,
    subject text not null,
    words text not null,
    -- Whose it is; nobody's if it could not be told.
    delivery text references delivery (key),
    -- When a person had seen it.
    dismissed_at bigint
);

create index answer_delivery on answer (delivery);
