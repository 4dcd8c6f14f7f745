-- migrate:up
alter type postal_address rename attribute postcode to postal_code;

-- migrate:down
alter type postal_address rename attribute postal_code to postcode;
