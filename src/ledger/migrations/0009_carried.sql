-- What an attempt carried is written once and beside it, so that its end does not write it again.

create table carried (
    delivery text not null,
    attempt bigint not null,
    wire text not null,
    rendition text not null,
    primary key (delivery, attempt),
    foreign key (delivery, attempt) references attempt (delivery, number)
);

insert into carried (delivery, attempt, wire, rendition)
    select delivery, number, wire, rendition from attempt where erased_at is null;

alter table attempt drop column wire;
alter table attempt drop column rendition;
