/** A statement as a value: text with numbered parameters and the values that go with them. It can be spliced, named in a log, tested without a server. */
export interface Sql<Row = unknown> {
  readonly text: string
  readonly values: readonly unknown[]
  /** Never set: carries the type of one row to the call that runs the statement. */
  readonly row?: Row
}

/**
 * What makes an object a statement is this private field, which only the code below can give it: an object that came in as JSON can imitate every
 * property, but never this. (A class, against the habit of the house, since nothing else in JavaScript checks a brand as fast, and every statement of
 * every application is checked.)
 */
class Statement<Row> implements Sql<Row> {
  readonly #strings: readonly string[]
  declare readonly row?: Row
  constructor(
    readonly text: string,
    readonly values: readonly unknown[],
    strings: readonly string[],
  ) {
    this.#strings = strings
  }
  static stringsOf(value: unknown): readonly string[] | undefined {
    return typeof value === 'object' && value !== null && #strings in value ? value.#strings : undefined
  }
}

const numbered = (strings: readonly string[]): string => {
  let text = strings[0]!
  for (let i = 1; i < strings.length; i++) text += `$${i}${strings[i]}`
  return text
}

const make = <Row>(strings: readonly string[], values: readonly unknown[]): Sql<Row> =>
  new Statement<Row>(numbered(strings), values, strings)

// The text of templates into which no fragment is spliced; it is the same at every evaluation.
const textOf = new WeakMap<TemplateStringsArray, string>()

/**
 * Builds a statement from a template. Interpolations become bind parameters; a fragment made by this module (another `sql`, `ident`, `literal`,
 * `join`) is spliced and its parameters renumbered. Throws a TypeError when called as a plain function or with an undefined value.
 */
export function sql<Row = unknown>(template: TemplateStringsArray, ...interpolations: readonly unknown[]): Sql<Row> {
  let text = textOf.get(template)
  if (text === undefined) {
    // Only the compiler makes a frozen array with a frozen `raw`; a string put together at run time cannot come in this way.
    if (!Array.isArray(template) || !Object.isFrozen(template) || !Array.isArray(template.raw) || !Object.isFrozen(template.raw)) {
      throw new TypeError('sql is a template tag: write sql`…`, values go in as interpolations')
    }
    text = numbered(template)
    textOf.set(template, text)
  }
  let fragments = false
  for (let i = 0; i < interpolations.length; i++) {
    const value = interpolations[i]
    if (value === undefined) throw new TypeError(`value ${i + 1} of an sql statement is undefined: pass null for SQL null`)
    if (Statement.stringsOf(value) !== undefined) fragments = true
  }
  return fragments ? splice(template, interpolations) : new Statement<Row>(text, interpolations, template)
}

function splice<Row>(template: readonly string[], interpolations: readonly unknown[]): Sql<Row> {
  const strings: string[] = [template[0]!]
  const values: unknown[] = []
  interpolations.forEach((value, i) => {
    const inner = Statement.stringsOf(value)
    const after = template[i + 1]!
    if (inner === undefined) {
      values.push(value)
      strings.push(after)
      return
    }
    strings[strings.length - 1] += inner[0]!
    for (let j = 1; j < inner.length; j++) strings.push(inner[j]!)
    values.push(...(value as Sql).values)
    strings[strings.length - 1] += after
  })
  return make<Row>(strings, values)
}

/** A quoted identifier, qualified when it has several parts. Throws a TypeError on an empty part, a NUL, or a part over PostgreSQL's 63 bytes. */
export function ident(...parts: readonly [string, ...string[]]): Sql {
  return make([parts.map(quoteIdentifier).join('.')], [])
}

/** A quoted string literal, for utility statements that take no bind parameters (CREATE ROLE … PASSWORD, COMMENT ON …). */
export function literal(value: string): Sql {
  if (typeof value !== 'string' || value.includes('\0')) throw new TypeError('a literal must be a string without NUL')
  const quoted = value.replaceAll("'", "''")
  return make([value.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`], [])
}

/** A whole number as text, for utility statements that take no bind parameters (ALTER ROLE … CONNECTION LIMIT). Throws a TypeError on any other. */
export function whole(value: number): Sql {
  if (!Number.isSafeInteger(value)) throw new TypeError('a whole number is wanted')
  return make([String(value)], [])
}

/** Statements or fragments side by side, separated by a fixed text such as `, ` or ` and `. */
export function join(parts: readonly Sql[], separator: ', ' | ' and ' | ' # ' | ' union all ' | ' ' | ';\n' = ', '): Sql {
  const strings: string[] = ['']
  const values: unknown[] = []
  parts.forEach((part, i) => {
    const inner = Statement.stringsOf(part)
    if (inner === undefined) throw new TypeError('join takes fragments made by sql, ident, literal or join')
    strings[strings.length - 1] += (i > 0 ? separator : '') + inner[0]!
    for (let j = 1; j < inner.length; j++) strings.push(inner[j]!)
    values.push(...part.values)
  })
  return make(strings, values)
}

/** Is this a statement made by this module? What `query` and its siblings accept; a look-alike object is not. */
export function isSql(value: unknown): value is Sql {
  return Statement.stringsOf(value) !== undefined
}

const anew = new WeakSet<Sql>()

/**
 * A statement that is put together from what is asked for, such as the filters of a list: connections that keep plans do not keep its own. There would be
 * one for each combination, and one plan for a page of everything and for what hardly anything matches is right for neither.
 */
export function plannedAnew<Row>(statement: Sql<Row>): Sql<Row> {
  anew.add(statement)
  return statement
}

export const isPlannedAnew = (statement: Sql): boolean => anew.has(statement)

const alike = new WeakSet<Sql>()

/**
 * A statement that only reads: one answer may go to all who ask for it at the same time. Where it waits for a connection, whoever comes with the same text
 * and values before it begins is answered by it. Nobody may change the rows.
 */
export function askedAlike<Row>(statement: Sql<Row>): Sql<Row> {
  alike.add(statement)
  return statement
}

export const isAskedAlike = (statement: Sql): boolean => alike.has(statement)

/**
 * The text of an SQL file as a statement: our own files under `sql/` and users' migrations, whose text is code by nature. Nothing that came in as
 * data may be passed here, and nothing is ever spliced into it.
 */
export function fileText(text: string): Sql {
  return make([text], [])
}

function quoteIdentifier(part: string): string {
  if (typeof part !== 'string' || part === '' || part.includes('\0'))
    throw new TypeError('an identifier must be a non-empty string without NUL')
  if (Buffer.byteLength(part) > 63) throw new TypeError(`identifier of ${Buffer.byteLength(part)} bytes: PostgreSQL would cut it at 63`)
  return `"${part.replaceAll('"', '""')}"`
}
