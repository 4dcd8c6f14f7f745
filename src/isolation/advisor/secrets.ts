import { type Sql, sql } from '../../kernel/sql.js'

// What is set for a role or a database can be read by every role of the server. Settings of PostgreSQL itself hold no secrets; those of applications
// have a dot in their names.
const NAME = '(secret|passw|pwd|token|credential|api_?key|private_?key|signing|hmac)'
const VALUE = '://[^/@[:space:]]*:[^/@[:space:]]+@|password[[:space:]]*=|-----BEGIN|^eyJ[A-Za-z0-9_-]+[.]'

/** Is a setting, by its name or by what it is set to, a secret? Never one of PostgreSQL itself: nobody could hide one from us by how it looks. */
export const isSecret = (name: Sql, value: Sql): Sql => sql`(strpos(${name}, '.') > 0 and (${name} ~* ${NAME} or ${value} ~* ${VALUE}))`
