-- migrate:up
alter domain email_address rename to mail_address;
alter domain mail_address rename constraint email_address_form to mail_address_form;

-- migrate:down
alter domain mail_address rename constraint mail_address_form to email_address_form;
alter domain mail_address rename to email_address;
