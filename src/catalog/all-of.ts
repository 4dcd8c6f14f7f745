import { join, type Sql, sql } from '../kernel/sql.js'

/** All of these together; what is false narrows nothing. */
export const allOf = (conditions: readonly (Sql | false)[]): Sql => {
  const wanted = conditions.filter((one) => one !== false)
  return wanted.length === 0 ? sql`true` : join(wanted, ' and ')
}
