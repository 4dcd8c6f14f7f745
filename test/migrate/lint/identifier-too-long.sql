-- migrate:up
alter table note add column a_column_whose_name_says_so_very_much_that_nobody_will_ever_type_it text; -- bad
