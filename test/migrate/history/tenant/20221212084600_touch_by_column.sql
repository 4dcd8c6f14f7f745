-- migrate:up
drop trigger tickets_touch on tickets;
create trigger tickets_touch before update of subject, status, priority, agent_id, queue_id on tickets
for each row execute function touch_updated_at();

-- migrate:down
drop trigger tickets_touch on tickets;
create trigger tickets_touch before update on tickets for each row execute function touch_updated_at();
