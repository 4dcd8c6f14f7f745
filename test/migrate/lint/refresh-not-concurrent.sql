-- migrate:up
refresh materialized view note_totals; -- bad
