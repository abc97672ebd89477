-- The bytes of pictures that attempts carry: what is sent again is what was sent.

create table picture (
    posting text not null references posting (id),
    -- SHA-256 of the bytes, in hexadecimal.
    sha256 text not null,
    -- In base64.
    content text not null,
    primary key (posting, sha256)
);

create index picture_sha256 on picture (sha256);
