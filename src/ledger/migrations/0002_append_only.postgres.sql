-- PostgreSQL only: an event that was written stays as it was written.

create function events_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only';
end;
$$;

create trigger event_is_never_changed before update or delete on event
    for each row execute function events_are_append_only();

create trigger event_is_never_emptied before truncate on event
    for each statement execute function events_are_append_only();
