-- migrate:up
alter domain score drop constraint score_check;
alter domain score add constraint score_range check (value between 0 and 10) not valid;

-- migrate:down
alter domain score drop constraint score_range;
alter domain score add constraint score_check check (value between 1 and 5);
