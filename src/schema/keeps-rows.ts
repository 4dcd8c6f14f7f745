import { type Node, walk } from './statements.js'

// What the plan says and what lint finds must not contradict each other, so both read what leaves the rows of a table as they are from here.

export type Volatility = 'immutable' | 'stable' | 'volatile'

// Names of pg_catalog that migrations use, of which none is volatile. What is not here may be the user's own, and may give another value for every row.
const STEADY = new Set(
  `abs array_agg array_append array_cat array_fill array_length array_position array_prepend array_remove array_replace array_to_string avg btrim
  cardinality ceil ceiling char_length character_length chr coalesce concat concat_ws count current_database current_schema current_setting
  current_user date_bin date_part date_trunc daterange decode div encode exp extract factorial floor format format_type gcd generate_series
  generate_subscripts greatest initcap int4range int8range isempty json_agg json_build_array json_build_object json_object json_array_elements
  json_array_length json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object
  jsonb_each jsonb_each_text jsonb_exists jsonb_extract_path jsonb_extract_path_text jsonb_object jsonb_object_agg jsonb_object_keys
  jsonb_path_exists jsonb_path_query jsonb_set jsonb_strip_nulls jsonb_typeof least left length ln localtimestamp log lower lower_inc lower_inf lpad
  ltrim make_date make_interval make_time make_timestamp make_timestamptz max md5 min mod now num_nonnulls num_nulls numrange nullif octet_length
  overlaps overlay percentile_cont position power quote_ident quote_literal range_merge rank regexp_like regexp_match regexp_matches regexp_replace
  regexp_split_to_array regexp_split_to_table repeat replace reverse right round row_number row_to_json rpad rtrim setweight sha256 sha512 sign
  split_part sqrt starts_with statement_timestamp string_agg string_to_array string_to_table strpos substr substring sum timezone to_char to_date
  to_hex to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp translate trim trunc tsrange txid_current tstzrange unnest upper
  upper_inc upper_inf width_bucket xmlagg array_to_tsvector bool_and bool_or dense_rank first_value lag last_value lead ntile plainto_tsquery
  websearch_to_tsquery phraseto_tsquery ts_rank isfinite justify_interval age`.split(/\s+/),
)
const RESTLESS = new Set(
  'clock_timestamp currval gen_random_uuid lastval nextval random random_normal setseed setval timeofday uuidv4 uuidv7'.split(' '),
)

/** The names above, for those who ask the server whether they are true. */
export const KNOWN_FUNCTIONS = { steady: STEADY, restless: RESTLESS }

export interface Calls {
  /** The first function that may give another value for every row, so that a default with it is computed row by row. */
  readonly restless: string | undefined
  /** Calls a function that is not one of PostgreSQL's well-known ones. */
  readonly own: boolean
}

/** What an expression, or a whole statement, calls. `functions` are those that the files, or the home, are known to have. */
export function callsIn(expression: unknown, functions?: ReadonlyMap<string, Volatility>): Calls {
  let [restless, own]: [string | undefined, boolean] = [undefined, false]
  for (const node of walk(expression)) {
    if (!Array.isArray(node.funcname)) continue
    const name = functionName(node)
    if (STEADY.has(name)) continue
    const known = functions?.get(name)
    if (known === undefined || known === 'volatile') restless ??= name
    if (!RESTLESS.has(name)) own = true
  }
  return { restless, own }
}

function functionName(call: Node): string {
  const words = (call.funcname as readonly { String?: { sval?: string } }[]).map((word) => word.String?.sval ?? '')
  return (words[0] === 'pg_catalog' ? words.slice(1) : words).join('.')
}

/** A type as a statement names it, or as `format_type` does without the numbers, which are apart. */
export interface ColumnType {
  readonly type: string
  readonly modifiers: readonly number[]
}

const NAMES: Readonly<Record<string, string>> = {
  ...{
    integer: 'int4',
    bigint: 'int8',
    smallint: 'int2',
    boolean: 'bool',
    'double precision': 'float8',
    real: 'float4',
    decimal: 'numeric',
  },
  ...{ character: 'bpchar', 'character varying': 'varchar', 'bit varying': 'varbit', 'ext.citext': 'citext' },
  ...{ serial: 'int4', serial4: 'int4', bigserial: 'int8', serial8: 'int8', smallserial: 'int2', serial2: 'int2' },
  ...{ 'timestamp with time zone': 'timestamptz', 'timestamp without time zone': 'timestamp' },
  ...{ 'time with time zone': 'timetz', 'time without time zone': 'time' },
}
const nameOf = (type: string): string => {
  const [, base = '', array = ''] = /^(.*?)((?:\[\])*)$/.exec(type) ?? []
  return `${NAMES[base] ?? base}${array}`
}

/** Types that share their bytes: from each to others, which have no size of their own. */
const SAME_BYTES: Readonly<Record<string, readonly string[]>> = {
  varchar: ['text', 'citext', 'bpchar'],
  text: ['varchar', 'citext', 'bpchar'],
  citext: ['text', 'varchar', 'bpchar'],
  xml: ['text', 'varchar', 'bpchar'],
  cidr: ['inet'],
  bit: ['varbit'],
  int4: ['oid'],
  oid: ['int4'],
}
// Those compare in another way, so the indexes of the column are made anew though its rows stay.
const OTHER_ORDER = new Set(['citext', 'bpchar', 'bit', 'oid', 'int4'])

// How many digits behind the second there are at most.
const FINEST = 6
const PRECISE = new Set(['timestamp', 'timestamptz', 'time', 'timetz', 'interval'])
const SIZED = new Set(['varchar', 'varbit', 'numeric'])

const plainInterval = ({ type, modifiers }: ColumnType): readonly number[] =>
  // The grammar writes down first that such an interval has all its fields.
  type === 'interval' && modifiers.length === 2 && modifiers[0] === 0x7fff ? modifiers.slice(1) : modifiers

/** Whether the server leaves the rows alone when a column of one type becomes another without USING. */
export function keepsRows(from: ColumnType, to: ColumnType): boolean {
  const [old, name] = [nameOf(from.type), nameOf(to.type)]
  const [[size, scale = 0], [wanted, wantedScale = 0]] = [plainInterval(from), plainInterval(to)]
  if (old !== name) return wanted === undefined && (SAME_BYTES[old]?.includes(name) ?? false)
  if (wanted === undefined || (size === wanted && scale === wantedScale)) return true
  if (PRECISE.has(name)) return wanted >= FINEST || (size !== undefined && wanted >= size)
  return SIZED.has(name) && size !== undefined && wanted >= size && scale === wantedScale
}

/** Whether the indexes of a column whose rows stay as they are stay as well. */
export function keepsIndexes(from: ColumnType, to: ColumnType): boolean {
  const [old, name] = [nameOf(from.type), nameOf(to.type)]
  return old === name || !(OTHER_ORDER.has(old) || OTHER_ORDER.has(name))
}
