/** Extensions that reach out of the database, or run another language inside it, would go around every wall. */
export const REFUSED_EXTENSIONS = /^(dblink|postgres_fdw|file_fdw|adminpack|pl.*u|plperl|pltcl|plpython.*|pageinspect|pg_walinspect|xml2)$/
