-- migrate:up
alter domain score validate constraint score_range;
alter domain score set default 5;

-- migrate:down
alter domain score drop default;
alter domain score drop constraint score_range;
alter domain score add constraint score_range check (value between 0 and 10) not valid;
